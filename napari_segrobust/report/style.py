"""How a report looks: one page of A4 in print, the same page on a screen."""

STYLE = """\
@page { size: A4 portrait; margin: 10mm 12mm; }
* { box-sizing: border-box; }
body { font: 7.6pt/1.28 Helvetica, Arial, "Liberation Sans", sans-serif; color: #1a1a1a; background: #fff;
  width: 186mm; margin: 8mm auto; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
@media print { body { margin: 0; } }
h1 { font-size: 13pt; line-height: 1.1; margin: 0 0 0.8mm; }
h2 { font-size: 8.2pt; line-height: 1.2; margin: 2mm 0 0.8mm; padding-top: 0.6mm; border-top: 0.6pt solid #1a1a1a; }
p { margin: 0 0 0.6mm; }
caption, footer { color: #5a5a5a; }
.warn { color: #7a4f00; font-weight: bold; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: 0 0 1mm; }
caption { text-align: left; font-size: 6.9pt; line-height: 1.25; padding-bottom: 0.6mm; caption-side: top; }
th, td { padding: 0.2mm 1.4mm; text-align: right; font-size: 7pt; white-space: nowrap; }
th.name, td.name { text-align: left; padding-left: 0; }
td.name { max-width: 60mm; overflow: hidden; text-overflow: ellipsis; }
thead th { border-bottom: 0.6pt solid #8a8a8a; }
.wide { width: 100%; }
.matrix th, .matrix td { padding: 0.3mm 1mm; text-align: center; min-width: 9mm; }
.matrix caption { white-space: nowrap; }
.matrix.many th, .matrix.many td { padding: 0.2mm 0.4mm; font-size: 5.9pt; min-width: 6mm; }
.matrix td.own { font-weight: bold; background: #f2f2f2; }
.columns { display: flex; gap: 6mm; align-items: flex-end; justify-content: space-between; max-width: 100%; }
.figure { display: block; width: 100%; }
.mark { display: inline-block; width: 6.6mm; height: 2.1mm; vertical-align: -0.2mm; margin-right: 1.4mm; }
footer { margin-top: 1.6mm; padding-top: 0.6mm; border-top: 0.6pt solid #8a8a8a; font-size: 6.6pt; line-height: 1.25; }
"""
