/** How answers become bytes: whole. A serializer made from the schema would silently drop what the schema forgot. */

export type AnswerSchema = { schema: unknown; method: string; url: string; httpStatus?: string };
export type SerializerFor = (route: AnswerSchema) => (answer: unknown) => string;

export const answersWhole: SerializerFor = () => (answer) => JSON.stringify(answer);
