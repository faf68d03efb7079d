// The first script of every page: htmx with our rules, then the islands. Heavy libraries load when an element needs them.
import htmx from "htmx.org";
import { startAsked } from "./asked";
import { startBoard } from "./board";
import { startCalendar } from "./calendar";
import { startChart } from "./chart";
import { startConflict } from "./conflict";
import { startCounters } from "./counters";
import { startDeals } from "./deals";
import { startDialogs } from "./dialogs";
import { csrfToken } from "./dom";
import { startFieldRules } from "./field_rules";
import { startFields } from "./fields";
import { startFilter } from "./filter";
import { startKeys } from "./keys";
import { startLayoutEditor } from "./layout_editor";
import { startLines } from "./lines";
import { startList } from "./list";
import { startMentions } from "./mentions";
import { startNow } from "./now";
import { startPalette } from "./palette";
import { startReports } from "./reports";
import { startSheetEditor } from "./sheet_editor";
import { startShell } from "./shell";
import { startStream } from "./stream";
import { startSwipe } from "./swipe";
import { startToasts } from "./toasts";

// The policy forbids eval and injected styles; the meta element says the same for what htmx reads later.
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;

document.body.addEventListener("htmx:configRequest", (event) => {
  const { detail } = event as CustomEvent<{ headers: Record<string, string>; verb: string }>;
  if (detail.verb !== "get") detail.headers["X-CSRFToken"] = csrfToken();
});

for (const start of [
  startToasts, startDialogs, startPalette, startShell, startKeys, startFields, startFieldRules, startList, startBoard, startFilter, startLayoutEditor, startLines,
  startChart, startCalendar, startSwipe, startStream, startConflict, startCounters, startDeals,
  startMentions, startNow, startReports, startAsked, startSheetEditor,
])
  start();
