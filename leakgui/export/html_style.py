"""How the report looks: light and dark by the reader's choice, and on paper."""

STYLE = """
:root { color-scheme: light dark; --ground: #ffffff; --text: #1b1e23;
  --dim: #565d67; --line: #d4d8dd; --card: #f4f5f7; --accent: #0067a3;
  --growing: #9a4a00; --healthy: #00664a; }
@media (prefers-color-scheme: dark) { :root { --ground: #16191d; --text: #e6e8eb;
  --dim: #a3abb5; --line: #3a414b; --card: #1f2328; --accent: #6cbcf0;
  --growing: #ffb35c; --healthy: #4fd1ab; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 24px; max-width: 1100px; background: var(--ground);
  color: var(--text); font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.6em; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 1.2em; margin: 32px 0 8px; padding-bottom: 4px;
  border-bottom: 1px solid var(--line); }
h3 { font-size: 1.05em; margin: 20px 0 4px; }
h4 { font-size: 1em; margin: 12px 0 2px; }
p { margin: 4px 0 8px; }
ul { margin: 2px 0 8px; padding-left: 22px; }
li { overflow-wrap: anywhere; }
.dim { color: var(--dim); }
.verdict { background: var(--card); border: 1px solid var(--line); padding: 14px 18px;
  border-left: 6px solid var(--accent); border-radius: 6px; margin: 16px 0; }
.verdict.leak, .verdict.overflow, .verdict.growing {
  border-left-color: var(--growing); }
.verdict.healthy { border-left-color: var(--healthy); }
.verdict strong { font-size: 1.25em; }
.finding { border: 1px solid var(--line); border-radius: 6px; padding: 4px 18px 10px;
  margin: 12px 0; }
.chart { width: 100%; height: auto; background: #ffffff; border: 1px solid var(--line);
  border-radius: 6px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.93em; }
th, td { padding: 4px 10px; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top; overflow-wrap: anywhere; }
th { font-weight: 600; color: var(--dim); }
td.text { min-width: 8em; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
summary { cursor: pointer; color: var(--accent); }
footer { margin-top: 36px; color: var(--dim); font-size: 0.9em; }
@media print {
  :root { --ground: #ffffff; --text: #000000; --dim: #444444; --line: #bbbbbb;
    --card: #ffffff; --growing: #9a4a00; --healthy: #00664a; }
  body { max-width: none; padding: 0; font-size: 11pt; }
  .finding, .verdict, tr, .chart { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .scroll { overflow: visible; }
}
"""
