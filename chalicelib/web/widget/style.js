/** The look of both elements; a host page themes it through the `--frontdesk-…` properties. */

export const sheet = new CSSStyleSheet();
sheet.replaceSync(`
:host {
  --accent: var(--frontdesk-accent, #0b6660);
  --on-accent: var(--frontdesk-on-accent, #fff);
  --tint: var(--frontdesk-tint, #e6f1ef);
  --surface: var(--frontdesk-surface, #fff);
  --text: var(--frontdesk-text, #1c2526);
  --soft: var(--frontdesk-soft, #566264);
  --line: var(--frontdesk-line, #dbe1e0);
  --edge: var(--frontdesk-edge, #7d8a8b);
  --bad: #a8231d; --bad-tint: #fcefee; --warm: #6b4a00; --warm-tint: #fdf4df;
  --round: var(--frontdesk-radius, 12px);
  display: block; container-type: inline-size; color: var(--text);
  font: 400 1rem/1.5 var(--frontdesk-font, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif);
}
@supports (color: light-dark(#000, #fff)) {
  :host {
    --accent: var(--frontdesk-accent, light-dark(#0b6660, #6fcfc4));
    --on-accent: var(--frontdesk-on-accent, light-dark(#fff, #06201e));
    --tint: var(--frontdesk-tint, light-dark(#e6f1ef, #1d3836));
    --surface: var(--frontdesk-surface, light-dark(#fff, #1a2021));
    --text: var(--frontdesk-text, light-dark(#1c2526, #e8eeed));
    --soft: var(--frontdesk-soft, light-dark(#566264, #a3b0b0));
    --line: var(--frontdesk-line, light-dark(#dbe1e0, #333d3e));
    --edge: var(--frontdesk-edge, light-dark(#7d8a8b, #7b898a));
    --bad: light-dark(#a8231d, #ffa8a1); --bad-tint: light-dark(#fcefee, #3c2120);
    --warm: light-dark(#6b4a00, #f3cf83); --warm-tint: light-dark(#fdf4df, #37301f);
  }
}
:host([hidden]) { display: none; }
*, ::before, ::after { box-sizing: border-box; }
h1, h2, h3, h4, h5, p, ul, ol, dl, dd, fieldset { margin: 0; padding: 0; border: 0; font-weight: inherit; font-size: inherit; }
ul, ol { list-style: none; }
button, input, select, textarea { font: inherit; color: inherit; }
button { cursor: pointer; touch-action: manipulation; }
a { color: var(--accent); text-underline-offset: .2em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.heading:focus-visible { outline: 0; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.icon { width: 1.4em; height: 1.4em; flex: none; fill: none; stroke: currentColor; stroke-width: 1.75; stroke-linecap: round; stroke-linejoin: round; }
.soft, .hint { color: var(--soft); }
.hint, .zone { font-size: .875rem; }
.desk { max-width: 60rem; margin: 0 auto; position: relative; }

header { display: grid; grid-template-columns: 1fr auto; align-items: center; gap: 0 1rem; margin-bottom: 1.25rem; }
.organisation { color: var(--soft); font-size: .9375rem; }
.title { font-size: 1.5rem; line-height: 1.25; font-weight: 650; letter-spacing: -.01em; grid-column: 1 / -1; grid-row: 2; }
.languages { display: flex; margin-inline-end: -.625rem; }
.languages .quiet { font-size: .9375rem; }
.languages [aria-pressed=true] { color: var(--text); font-weight: 600; text-decoration: none; }

.frame { display: grid; gap: 1rem; align-items: start; }
.card, .summary { background: var(--surface); border: 1px solid var(--line); border-radius: calc(var(--round) + 4px); padding: 1.25rem; min-width: 0; }
.card { box-shadow: 0 1px 2px rgb(0 0 0 / .04), 0 8px 24px rgb(0 0 0 / .04); }
.waiting { color: var(--soft); }
.progress { color: var(--soft); font-size: .875rem; display: flex; align-items: center; gap: .75rem; }
.bar { display: flex; gap: 4px; }
.bar i { width: 1.5rem; height: 4px; border-radius: 2px; background: var(--line); }
.bar .past { background: var(--accent); }
.heading { font-size: 1.25rem; line-height: 1.3; font-weight: 650; margin: .35rem 0 1rem; }
.zone { color: var(--soft); margin: -.5rem 0 1rem; }

.choices { display: grid; gap: .625rem; }
.choice { display: flex; align-items: center; gap: .875rem; width: 100%; text-align: start; background: var(--surface); border: 1px solid var(--line); border-radius: var(--round); padding: .875rem 1rem; transition: border-color .15s, background-color .15s; }
.choice:hover, .choice[aria-pressed=true] { border-color: var(--accent); background: var(--tint); }
.choice > span { flex: 1; min-width: 0; overflow-wrap: anywhere; }
.choice strong { display: block; font-weight: 600; }
.choice small { display: block; font-size: .875rem; color: var(--soft); }
.choice > .icon { color: var(--accent); }
.choice .aside { flex: none; font-size: .875rem; color: var(--soft); }

.main, .plain, .quiet, .link { border-radius: var(--round); padding: .625rem 1.125rem; min-height: 2.75rem; border: 1px solid transparent; background: none; display: inline-flex; align-items: center; justify-content: center; gap: .5rem; text-decoration: none; }
.main { background: var(--accent); color: var(--on-accent); font-weight: 600; }
.main:hover { filter: brightness(1.08); }
.plain { border-color: var(--edge); color: var(--text); background: var(--surface); }
.plain:hover { border-color: var(--accent); color: var(--accent); }
.quiet, .link { color: var(--accent); }
.quiet:hover, .link { text-decoration: underline; }
.quiet { padding-inline: .625rem; }
.link { padding: 0; min-height: 1.75rem; text-align: start; }
.stern { background: var(--bad); color: var(--surface); }
[disabled], [aria-busy=true].main { opacity: .55; cursor: default; }
.actions > .quiet:first-child { margin-inline-start: -.625rem; }
.quiet .icon { width: 1.1em; height: 1.1em; }
.actions { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: 1.25rem; align-items: center; }

.calendar { display: grid; gap: 1.25rem; }
.turning { display: flex; justify-content: space-between; align-items: center; margin-bottom: .25rem; }
.turn { padding: 0; width: 2.75rem; }
.month-name, .day-name { font-weight: 600; }
.month-name::first-letter, .day-name::first-letter { text-transform: uppercase; }
table { width: 100%; border-collapse: collapse; table-layout: fixed; }
th { font-size: .8125rem; font-weight: 400; color: var(--soft); padding: .25rem 0; }
td { text-align: center; padding: 1px; }
.day { width: 100%; max-width: 3rem; min-height: 2.75rem; border-radius: 10px; border: 0; padding: 0; display: inline-grid; place-items: center; background: none; font-variant-numeric: tabular-nums; }
button.day { background: var(--tint); color: var(--accent); font-weight: 600; transition: background-color .15s; }
button.day:hover { box-shadow: inset 0 0 0 1.5px var(--accent); }
button.day[aria-pressed=true] { background: var(--accent); color: var(--on-accent); }
.none { color: var(--soft); }
.part { font-size: .875rem; color: var(--soft); margin: .75rem 0 .375rem; }
.slots { display: grid; grid-template-columns: repeat(auto-fill, minmax(6.25rem, 1fr)); gap: .5rem; }
.nearest { grid-template-columns: repeat(auto-fill, minmax(12rem, 1fr)); margin-top: .5rem; }
.slot { width: 100%; min-height: 2.75rem; padding: .375rem .5rem; border: 1px solid var(--line); border-radius: 10px; background: var(--surface); color: var(--text); font-variant-numeric: tabular-nums; transition: border-color .15s, background-color .15s; }
.slot:hover { border-color: var(--accent); background: var(--tint); }
.slot[aria-busy=true] { background: var(--accent); color: var(--on-accent); }
.times > .plain { margin-top: .75rem; }

.hold { display: inline-flex; gap: .35rem; padding: .3rem .75rem; border-radius: 99px; background: var(--tint); font-size: .875rem; margin-bottom: 1rem; }
.hold strong { font-variant-numeric: tabular-nums; font-weight: 600; }
.notice { border-radius: var(--round); padding: .875rem 1rem; margin-bottom: 1.25rem; background: var(--tint); }
.notice > .plain { margin-top: .625rem; }
.notice p + p { margin-top: .25rem; }
.notice.warned { margin: 1.25rem 0 0; }
.notice.bad { background: var(--bad-tint); }
.notice.bad > p { color: var(--bad); }
.notice.lost { background: var(--warm-tint); }
.notice.lost strong { color: var(--warm); font-weight: 600; }

.details { display: grid; gap: 1.125rem; }
.details .actions, .details .notice { margin-block: 0; }
label, legend { font-weight: 500; display: block; padding: 0; }
label .soft, legend .soft { font-weight: 400; }
.field { min-width: 0; }
input:not([type=checkbox], [type=radio]), select, textarea { width: 100%; margin-top: .3rem; min-height: 2.75rem; padding: .5rem .75rem; border: 1px solid var(--edge); border-radius: 10px; background: var(--surface); }
textarea { resize: vertical; display: block; }
[aria-invalid] { border-color: var(--bad) !important; box-shadow: 0 0 0 1px var(--bad); }
.wrong { color: var(--bad); font-size: .875rem; font-weight: 500; }
.tick { display: inline-flex; gap: .625rem; align-items: center; min-height: 2rem; line-height: 1.3; font-weight: 400; cursor: pointer; }
.tick input { width: 1.25rem; height: 1.25rem; margin: 0; accent-color: var(--accent); flex: none; }
.tick + .hint { margin: 0 0 0 1.875rem; }
.pair { display: flex; gap: 1.5rem; }

.facts { display: grid; gap: .75rem; }
.facts > div { display: grid; grid-template-columns: 1fr auto; gap: 0 .75rem; align-items: start; }
.facts dt { grid-column: 1; font-size: .8125rem; color: var(--soft); }
.facts dd { grid-column: 1; overflow-wrap: anywhere; white-space: pre-line; }
.facts dd::first-letter { text-transform: uppercase; }
.facts dd.verbatim::first-letter { text-transform: none; }
.facts dd .soft { display: block; font-size: .875rem; }
.facts dd.act { grid-column: 2; grid-row: 1 / span 2; }
.act .quiet { min-height: 2rem; padding: .125rem .375rem; font-size: .875rem; }
.summary { background: none; }
.summary h2, .summary h3 { font-weight: 600; margin-bottom: .75rem; }
.badge { display: grid; place-items: center; width: 3rem; height: 3rem; border-radius: 50%; background: var(--tint); color: var(--accent); margin-bottom: .75rem; }
.badge.open { background: var(--warm-tint); color: var(--warm); }
.state { display: inline-block; padding: .15rem .7rem; border-radius: 99px; background: var(--tint); font-size: .875rem; margin-bottom: 1rem; }
.state.open { background: var(--warm-tint); color: var(--warm); font-weight: 600; }
.state.off { background: var(--bad-tint); color: var(--bad); }
.dot { display: inline-block; width: .65em; height: .65em; border-radius: 50%; border: 1px solid var(--edge); margin-inline-end: .45em; }
.next h2, .next h3 { font-weight: 600; margin-bottom: .375rem; }
.next ol { list-style: decimal; padding-inline-start: 1.375rem; display: grid; gap: .25rem; }
.next li { overflow-wrap: anywhere; }
.message { white-space: pre-line; margin-bottom: 1.25rem; }
.after { margin-top: 1.5rem; padding-top: 1.25rem; border-top: 1px solid var(--line); }
.after .actions { margin-top: .25rem; }

@container (min-width: 34rem) {
  .card { padding: 1.75rem; }
  .details { grid-template-columns: 1fr 1fr; }
  .details > :not(.half) { grid-column: 1 / -1; }
  .title { font-size: 1.75rem; }
}
@container (min-width: 48rem) {
  .frame.two { grid-template-columns: minmax(0, 1fr) 17rem; }
  .calendar { grid-template-columns: minmax(0, 1.15fr) minmax(0, 1fr); }
}
@media (prefers-reduced-motion: reduce) { * { transition: none !important; } }
@media (forced-colors: active) { .bar .past, button.day[aria-pressed=true] { forced-color-adjust: none; background: Highlight; color: HighlightText; } }
`);
