/** All commands, in the order an operator meets them: who, where, at what price, what came, what is billed. */

import type { Command } from "./command.ts";
import { approveAdjustment, rejectAdjustment } from "./commands/adjustments/decide.ts";
import { listAdjustments } from "./commands/adjustments/list.ts";
import { exportAudit } from "./commands/audit/export.ts";
import { listAudit } from "./commands/audit/list.ts";
import { verifyAudit } from "./commands/audit/verify.ts";
import { showCloseStatus } from "./commands/close/status.ts";
import { endContract } from "./commands/contracts/end.ts";
import { listContracts } from "./commands/contracts/list.ts";
import { setContract } from "./commands/contracts/set.ts";
import { showContract } from "./commands/contracts/show.ts";
import { approveCorrection, dropCorrection } from "./commands/corrections/decide.ts";
import { listCorrections } from "./commands/corrections/list.ts";
import { showCorrection } from "./commands/corrections/show.ts";
import { addCustomer } from "./commands/customers/add.ts";
import { listCustomers } from "./commands/customers/list.ts";
import { showCustomer } from "./commands/customers/show.ts";
import { showFleet } from "./commands/fleet.ts";
import { addInstallation } from "./commands/installations/add.ts";
import { assignInstallation } from "./commands/installations/assign.ts";
import { listInstallations } from "./commands/installations/list.ts";
import { retireInstallation } from "./commands/installations/retire.ts";
import { resumeInstallation, suspendInstallation } from "./commands/installations/suspend.ts";
import { showInstallation } from "./commands/installations/show.ts";
import { gatherEvidence } from "./commands/invoices/evidence.ts";
import { closePeriods } from "./commands/invoices/close.ts";
import { listInvoices } from "./commands/invoices/list.ts";
import { previewInvoice } from "./commands/invoices/preview.ts";
import { pushInvoice } from "./commands/invoices/push.ts";
import { replayInvoice } from "./commands/invoices/replay.ts";
import { showInvoice } from "./commands/invoices/show.ts";
import { listJournals } from "./commands/journals/list.ts";
import { retireJournal } from "./commands/journals/retire.ts";
import { revokeKey } from "./commands/keys/revoke.ts";
import { rotateKey } from "./commands/keys/rotate.ts";
import { addPlan } from "./commands/plans/add.ts";
import { listPlans } from "./commands/plans/list.ts";
import { showPlan } from "./commands/plans/show.ts";
import { acceptReport, rejectReport } from "./commands/reports/decide.ts";
import { listReports } from "./commands/reports/list.ts";
import { showReport } from "./commands/reports/show.ts";
import { verifyReports } from "./commands/reports/verify.ts";
import { assignSubject } from "./commands/subjects/assign.ts";
import { listSubjects } from "./commands/subjects/list.ts";
import { acceptShutdown, rejectShutdown } from "./commands/shutdowns/decide.ts";
import { listShutdowns } from "./commands/shutdowns/list.ts";
import { offerPlan, withdrawPlan } from "./commands/plans/offer.ts";
import { listRoles } from "./commands/roles/list.ts";
import { removeRole } from "./commands/roles/remove.ts";
import { setRole } from "./commands/roles/set.ts";
import { addToken } from "./commands/tokens/add.ts";
import { listTokens } from "./commands/tokens/list.ts";
import { revokeToken } from "./commands/tokens/revoke.ts";
import { showToday } from "./commands/today.ts";
import { showUsage } from "./commands/usage.ts";
import { showVersion } from "./commands/version.ts";
import { addWebhook } from "./commands/webhooks/add.ts";
import { listDeliveries, redeliverEvent, testWebhook } from "./commands/webhooks/deliver.ts";
import { listWebhooks } from "./commands/webhooks/list.ts";
import { removeWebhook } from "./commands/webhooks/remove.ts";
import { rotateWebhook } from "./commands/webhooks/rotate.ts";

/** A noun with its verbs. */
export type CommandGroup = {
  readonly noun: string;
  readonly describe: string;
  readonly commands: readonly Command[];
};

export const commandTree: readonly (CommandGroup | Command)[] = [
  showToday,
  {
    noun: "customers",
    describe: "Who is billed",
    commands: [addCustomer, listCustomers, showCustomer],
  },
  {
    noun: "tokens",
    describe: "Who may ask: operators, and customers' people",
    commands: [addToken, listTokens, revokeToken],
  },
  {
    noun: "roles",
    describe: "What customers' people may see and do",
    commands: [listRoles, setRole, removeRole],
  },
  {
    noun: "installations",
    describe: "Where usage is counted",
    commands: [
      addInstallation,
      listInstallations,
      showInstallation,
      assignInstallation,
      retireInstallation,
      suspendInstallation,
      resumeInstallation,
    ],
  },
  {
    noun: "subjects",
    describe: "Whose usage it is where an installation serves many customers",
    commands: [listSubjects, assignSubject],
  },
  {
    noun: "keys",
    describe: "What an installation signs its reports with",
    commands: [rotateKey, revokeKey],
  },
  {
    noun: "journals",
    describe: "The agents' files: what is proven, what is missing",
    commands: [listJournals, retireJournal],
  },
  {
    noun: "plans",
    describe: "What things cost",
    commands: [addPlan, listPlans, showPlan, offerPlan, withdrawPlan],
  },
  {
    noun: "contracts",
    describe: "What was agreed with a customer",
    commands: [setContract, listContracts, showContract, endContract],
  },
  showFleet,
  showUsage,
  {
    noun: "adjustments",
    describe: "What people said was counted too much or too little",
    commands: [listAdjustments, approveAdjustment, rejectAdjustment],
  },
  {
    noun: "reports",
    describe: "What the agents sent; decide on quarantine",
    commands: [listReports, showReport, verifyReports, acceptReport, rejectReport],
  },
  {
    noun: "shutdowns",
    describe: "What customers attest that nothing ran; accept or reject it",
    commands: [listShutdowns, acceptShutdown, rejectShutdown],
  },
  { noun: "close", describe: "What can be billed, and what waits", commands: [showCloseStatus] },
  {
    noun: "invoices",
    describe: "What was billed",
    commands: [
      previewInvoice,
      closePeriods,
      listInvoices,
      showInvoice,
      replayInvoice,
      gatherEvidence,
      pushInvoice,
    ],
  },
  {
    noun: "corrections",
    describe: "What late facts change about past invoices",
    commands: [listCorrections, showCorrection, approveCorrection, dropCorrection],
  },
  {
    noun: "audit",
    describe: "Who did what, and proof that the record of it is whole",
    commands: [listAudit, verifyAudit, exportAudit],
  },
  {
    noun: "webhooks",
    describe: "Who is told of events, and whether it arrives",
    commands: [
      addWebhook,
      listWebhooks,
      testWebhook,
      listDeliveries,
      redeliverEvent,
      rotateWebhook,
      removeWebhook,
    ],
  },
  showVersion,
];
