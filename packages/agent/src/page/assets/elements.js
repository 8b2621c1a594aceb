/** Elements as values, and the least that turns one picture of them into the next without losing focus, scroll or what is open. */

const svgNamespace = "http://www.w3.org/2000/svg";

/** Children: elements, texts, lists of them; null and false are left out. */
export function h(tag, attributes, ...children) {
  const kept = children.flat(Infinity).filter((child) => child !== null && child !== false);
  return { tag, attributes: attributes ?? {}, children: kept };
}

/** Makes the children of `parent` what `wanted` says, touching only what differs. */
export function show(parent, wanted) {
  const list = Array.isArray(wanted) ? wanted.flat(Infinity).filter(Boolean) : [wanted];
  list.forEach((node, index) => {
    const there = parent.childNodes[index];
    if (there === undefined) parent.append(made(node, parent));
    else if (!fits(there, node)) there.replaceWith(made(node, parent));
    else change(there, node);
  });
  while (parent.childNodes.length > list.length) parent.lastChild.remove();
}

function fits(there, node) {
  if (typeof node !== "object") return there.nodeType === Node.TEXT_NODE;
  const key = node.attributes.key;
  return (
    there.nodeType === Node.ELEMENT_NODE &&
    there.localName === node.tag &&
    (key === undefined || there.shownKey === key)
  );
}

function change(there, node) {
  if (typeof node !== "object") {
    const text = String(node);
    if (there.data !== text) there.data = text;
    return;
  }
  set(there, node.attributes);
  show(there, node.children);
}

function made(node, parent) {
  if (typeof node !== "object") return document.createTextNode(String(node));
  const isDrawn = node.tag === "svg" || parent.namespaceURI === svgNamespace;
  const element = isDrawn
    ? document.createElementNS(svgNamespace, node.tag)
    : document.createElement(node.tag);
  element.shownKey = node.attributes.key;
  set(element, node.attributes);
  show(element, node.children);
  return element;
}

/** `on…` are listeners; true and false are attributes that are there or not. `open` is the reader's own. */
function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "key") continue;
    if (name.startsWith("on")) element[name] = value;
    else if (value === false || value === null) element.removeAttribute(name);
    else {
      const text = value === true ? "" : String(value);
      if (element.getAttribute(name) !== text) element.setAttribute(name, text);
    }
  }
  for (const { name } of Array.from(element.attributes)) {
    if (!(name in attributes) && name !== "open") element.removeAttribute(name);
  }
}
