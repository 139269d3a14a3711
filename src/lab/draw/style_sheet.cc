#include <string_view>

#include "draw/html.h"

namespace thalweg::page {
namespace {

// Colours are those of Okabe and Ito (2008) for both themes, each with 3:1 or more against its paper. Letters
// of charts grow on narrow screens, where the drawing shrinks.
constexpr std::string_view kStyle = R"css(
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #15191e; --soft: #56606b; --rule: #d9dee4; --wash: #f5f7f9;
  --grid: #e3e7ec; --minor: #f1f3f6; --each: #8491a1; --train: #0072b2; --held-out: #d55e00;
  --hover: rgba(0, 114, 178, .09); --warn: #8a3d00; --warn-wash: #fdf3ea;
  --s0: #0072b2; --s1: #d55e00; --s2: #00805f; --s3: #b04a8a; --s4: #9a6a00; --s5: #3a8fc2; --s6: #15191e;
  --s7: #7a63b8;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #12161b; --ink: #e6e9ed; --soft: #9da8b4; --rule: #2c343d; --wash: #191f26;
    --grid: #29313a; --minor: #1c222a; --each: #66727f; --train: #56b4e9; --held-out: #e69f00;
    --hover: rgba(86, 180, 233, .13); --warn: #f0b775; --warn-wash: #2a2118;
    --s0: #56b4e9; --s1: #e69f00; --s2: #2fb98c; --s3: #dd8fbd; --s4: #f0e442; --s5: #8fb6cf; --s6: #e6e9ed;
    --s7: #b3a1e6;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums lining-nums;
}
header, main, footer { max-width: 1160px; margin: 0 auto; padding: 0 40px; }
header { padding-top: 44px; }
.brand { display: flex; align-items: center; gap: 10px; margin: 0 0 52px; color: var(--soft);
  font-size: 14px; }
.brand svg { width: 30px; height: 20px; flex: none; fill: none; stroke-linecap: round;
  stroke-linejoin: round; }
.brand .valley { stroke: var(--each); stroke-width: 1.5; }
.brand .way { stroke: var(--train); stroke-width: 2; }
.brand b { color: var(--ink); font-weight: 600; letter-spacing: .01em; }
.brand span { overflow-wrap: anywhere; }
h1 { margin: 0; max-width: 24ch; font-size: 40px; line-height: 1.16; font-weight: 600;
  letter-spacing: -.018em; text-wrap: balance; }
.whole { white-space: nowrap; }
.lead { margin: 18px 0 0; max-width: 76ch; color: var(--soft); overflow-wrap: anywhere; }
.lead code { color: var(--ink); }
.notice { margin: 24px 0 0; max-width: 76ch; padding: 10px 16px; border-left: 3px solid var(--warn);
  background: var(--warn-wash); color: var(--warn); }
code, pre { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
code { font-size: .9em; }
section { margin-top: 60px; }
h2 { margin: 0 0 20px; padding-top: 14px; border-top: 1px solid var(--rule); font-size: 14px;
  font-weight: 600; color: var(--soft); }
h3 { margin: 0; font-size: 17px; font-weight: 600; letter-spacing: -.005em; }
dl { margin: 0; display: grid; gap: 26px 32px; }
dt { color: var(--soft); font-size: 14px; line-height: 1.4; }
dd { margin: 0; }
.results { grid-template-columns: repeat(3, minmax(0, 1fr)); }
.results dd { font-size: 38px; line-height: 1.25; font-weight: 600; letter-spacing: -.02em; }
.facts { grid-template-columns: repeat(6, minmax(0, 1fr)); }
.results + .facts { margin-top: 34px; }
.facts dd { font-size: 18px; line-height: 1.4; font-weight: 600; }
dl dd.note { font-size: 14px; line-height: 1.4; font-weight: 400; letter-spacing: 0; color: var(--soft); }
.key::before { content: ""; display: inline-block; width: 9px; height: 9px; margin-right: 8px;
  background: var(--ink); }
.key.train::before { background: var(--train); border-radius: 50%; }
.key.held-out::before { background: var(--held-out); }
.charts { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 44px 48px; }
figure { display: flex; flex-direction: column; justify-content: space-between; margin: 0;
  break-inside: avoid; }
figcaption { margin-bottom: 16px; }
figcaption p { margin: 2px 0 0; color: var(--soft); font-size: 14px; }
figure svg { display: block; width: 100%; height: auto; overflow: visible; }
figure svg text { font-size: 13.5px; fill: var(--soft); }
svg .x { text-anchor: middle; }
svg .y { text-anchor: end; }
svg text.legend { fill: var(--ink); }
svg .grid, svg .minor, svg .axis { fill: none; stroke-width: 1; }
svg .grid { stroke: var(--grid); }
svg .minor { stroke: var(--minor); }
svg .axis { stroke: var(--soft); }
.line path { fill: none; stroke: var(--train); stroke-width: 2; stroke-linejoin: round;
  stroke-linecap: round; }
.line circle, .line rect { fill: var(--train); stroke: var(--paper); stroke-width: 1; }
.line.each path { stroke: var(--each); stroke-width: 1.1; }
.line.each circle { fill: var(--each); }
.line.held-out path { stroke: var(--held-out); }
.line.held-out rect { fill: var(--held-out); }
.s0 { --line: var(--s0); } .s1 { --line: var(--s1); } .s2 { --line: var(--s2); } .s3 { --line: var(--s3); }
.s4 { --line: var(--s4); } .s5 { --line: var(--s5); } .s6 { --line: var(--s6); } .s7 { --line: var(--s7); }
.line:is(.s0, .s1, .s2, .s3, .s4, .s5, .s6, .s7) path { stroke: var(--line); }
.line:is(.s0, .s1, .s2, .s3, .s4, .s5, .s6, .s7) :is(circle, rect) { fill: var(--line); }
.line.s1 path { stroke-dasharray: 9 3; }
.line.s2 path { stroke-dasharray: 3 3.5; }
.line.s3 path { stroke-dasharray: 10 3 2 3; }
.line.s4 path { stroke-dasharray: 5 2; }
.line.s5 path { stroke-dasharray: 1.5 3; }
.line.s6 path { stroke-dasharray: 14 4; }
.line.s7 path { stroke-dasharray: 8 3 2 3 2 3; }
.line.fine path { stroke-width: 1.3; }
.plot { position: relative; }
.plot svg { touch-action: pan-y; cursor: crosshair; user-select: none; -webkit-user-select: none; }
.plot svg:focus:not(:focus-visible) { outline: none; }
.cursor path { stroke: var(--soft); stroke-width: 1; fill: none; }
.cursor circle { stroke: var(--paper); stroke-width: 1.5; }
.cursor, .selection { pointer-events: none; }
.selection { fill: var(--hover); stroke: var(--train); stroke-width: 1; }
.tip { position: absolute; top: 12%; z-index: 2; max-width: 100%; padding: 7px 11px; pointer-events: none;
  border: 1px solid var(--rule); border-radius: 5px; background: var(--paper); font-size: 13px; line-height: 1.5;
  white-space: nowrap; box-shadow: 0 2px 8px rgba(0, 0, 0, .14); }
.tip p { margin: 0; color: var(--soft); overflow: hidden; text-overflow: ellipsis; }
.tip b { color: var(--ink); font-weight: 600; }
.tip i { display: inline-block; width: 9px; height: 9px; margin-right: 7px; border-radius: 2px; }
.back { position: absolute; top: 13%; right: 3%; padding: 3px 11px; border: 1px solid var(--soft);
  border-radius: 5px; background: var(--paper); color: var(--ink); font: inherit; font-size: 13px;
  cursor: pointer; }
.back:hover { border-color: var(--train); }
.hint { margin: -6px 0 22px; color: var(--soft); font-size: 14px; }
.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap; }
.bands rect { fill: transparent; }
.bands rect:hover { fill: var(--hover); }
.heat { fill: var(--train); stroke: none; }
.h1 { fill-opacity: .12; } .h2 { fill-opacity: .28; } .h3 { fill-opacity: .5; } .h4 { fill-opacity: .75; }
.shares { grid-template-columns: repeat(4, minmax(0, 1fr)); margin-bottom: 34px; }
.shares dd { font-size: 24px; line-height: 1.35; font-weight: 600; }
.key:is(.s0, .s1, .s2, .s3, .s4, .s5, .s6, .s7)::before { background: var(--line); }
.environment { grid-template-columns: repeat(4, minmax(0, 1fr)); }
.environment dd { font-size: 15px; font-weight: 400; overflow-wrap: anywhere; }
.confusion { width: auto; font-size: 14px; }
.confusion td { min-width: 34px; padding: 4px 6px; text-align: center; border: 1px solid var(--paper); }
.confusion thead th { text-align: center; }
.confusion thead th:first-child, .confusion tbody th { text-align: left; padding-right: 12px; }
.confusion td:last-child { padding-right: 6px; }
.c0 { background: var(--wash); }
.right:not(.c0) { background: color-mix(in srgb, var(--train) 20%, var(--paper)); }
.wrong:is(.c1) { background: color-mix(in srgb, var(--held-out) 16%, var(--paper)); }
.wrong:is(.c2, .c3, .c4, .c5) { background: color-mix(in srgb, var(--held-out) 34%, var(--paper)); }
.scroll + h3 { margin-top: 40px; }
.examples { display: grid; grid-template-columns: repeat(8, minmax(0, 1fr)); gap: 20px 18px; margin: 0;
  padding: 0; list-style: none; font-size: 13px; line-height: 1.4; }
.examples img { display: block; width: 100%; height: auto; aspect-ratio: 1; margin-bottom: 6px;
  object-fit: contain; image-rendering: pixelated; border: 1px solid var(--rule); }
.examples span { display: block; color: var(--soft); }
.runs { display: flex; flex-wrap: wrap; gap: 6px 26px; margin: 0 0 26px; padding: 0; list-style: none;
  font-size: 15px; }
.runs svg { width: 34px; height: 12px; margin-right: 8px; vertical-align: middle; }
.runs li { overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { width: 100%; max-width: 860px; border-collapse: collapse; font-size: 15px; }
.caption { margin: 0 0 10px; color: var(--soft); font-size: 14px; }
th, td { padding: 5px 12px; text-align: right; border-bottom: 1px solid var(--grid); white-space: nowrap; }
th:first-child { padding-left: 0; text-align: left; }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--soft); font-weight: 400; font-size: 14px; border-bottom-color: var(--soft);
  vertical-align: bottom; }
tbody th { font-weight: 400; }
.best th, .best td { font-weight: 600; }
pre { margin: 0; padding: 18px 20px; overflow-x: auto; background: var(--wash); border-radius: 6px;
  font-size: 13px; line-height: 1.6; tab-size: 4; }
:focus-visible { outline: 2px solid var(--train); outline-offset: 2px; }
footer { margin-top: 64px; padding-bottom: 48px; color: var(--soft); font-size: 14px; }
footer p { margin: 0; padding-top: 14px; border-top: 1px solid var(--rule); }
@media (max-width: 980px) {
  .charts { grid-template-columns: minmax(0, 640px); gap: 40px; }
  .facts { grid-template-columns: repeat(3, minmax(0, 1fr)); }
  .environment { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .examples { grid-template-columns: repeat(6, minmax(0, 1fr)); }
}
@media (max-width: 720px) {
  header, main, footer { padding-left: 18px; padding-right: 18px; }
  header { padding-top: 24px; }
  .brand { margin-bottom: 34px; }
  h1 { font-size: 29px; }
  section { margin-top: 46px; }
  .results, .facts, .shares { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 22px 20px; }
  .results dd { font-size: 29px; }
  .results div:first-child:nth-last-child(3) { grid-column: 1 / -1; }
  figure svg text { font-size: 17.5px; }
  .line path { stroke-width: 2.6; }
  .line.each path { stroke-width: 1.5; }
  .line.fine path { stroke-width: 1.8; }
  .examples { grid-template-columns: repeat(3, minmax(0, 1fr)); }
  .confusion td { min-width: 24px; padding: 4px 2px; }
  table { font-size: 14px; }
  thead th { white-space: normal; }
  th, td { padding: 5px 8px; }
  pre { padding: 14px; font-size: 12px; }
}
@media (max-width: 480px) {
  #epochs th:nth-child(2), #epochs td:nth-child(2) { display: none; }
}
@media print {
  @page { margin: 16mm 14mm; }
  body { font-size: 10.5pt; }
  header, main, footer { max-width: none; padding: 0; }
  .brand { margin-bottom: 20px; }
  section { margin-top: 28px; }
  h1 { font-size: 24pt; }
  h2, h3 { break-after: avoid; }
  tr { break-inside: avoid; }
  .charts { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 24px 28px; }
  .facts { grid-template-columns: repeat(6, minmax(0, 1fr)); }
  .results + .facts { margin-top: 20px; }
  .results { grid-template-columns: repeat(3, minmax(0, 1fr)); }
  .results div:first-child:nth-last-child(3) { grid-column: auto; }
  figure svg text { font-size: 16.5px; }
  figcaption p { font-size: 9pt; }
  table { font-size: 9pt; }
  th, td { padding: 3px 8px; }
  .bands, .hint, .back, .tip, .cursor { display: none; }
  pre { padding: 0; background: none; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 8.5pt; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
)css";

}  // namespace

std::string_view style_sheet() { return kStyle; }

}  // namespace thalweg::page
