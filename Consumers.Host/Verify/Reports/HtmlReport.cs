using Consumers.Host.Proof;

namespace Consumers.Host.Verify;

/// <summary>A result as one static page: no script, nothing from elsewhere, every text escaped.</summary>
internal static class HtmlReport
{
    private const string Style = """
        :root{color-scheme:light dark;--text:#1c2430;--dim:#5b6675;--line:#d8dde4;--page:#fff;--good:#17753a;--bad:#b3261e;--doubt:#8a5a00;--one:#2f6fde;--two:#17753a;--fault:#b3261e22}
        @media(prefers-color-scheme:dark){:root{--text:#e6e9ee;--dim:#9aa5b4;--line:#39424f;--page:#14181e;--good:#5fce8a;--bad:#ff8a80;--doubt:#ffca66;--one:#7fb0ff;--two:#5fce8a;--fault:#ff8a8030}}
        body{font:15px/1.45 system-ui,sans-serif;color:var(--text);background:var(--page);margin:0 auto;max-width:1100px;padding:24px}
        h1{font-size:26px;margin:0}h2{font-size:18px;margin:28px 0 8px}p{margin:6px 0}.dim{color:var(--dim)}
        .valid{color:var(--good)}.invalid{color:var(--bad)}.unknown{color:var(--doubt)}
        table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:4px 12px 4px 0;border-bottom:1px solid var(--line);vertical-align:top}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
        .scroll{overflow-x:auto}pre{font:12px/1.4 ui-monospace,monospace;overflow-x:auto;border:1px solid var(--line);padding:8px}
        svg{width:100%;height:auto}.grid{stroke:var(--line)}.axis,.fault-name{fill:var(--dim);font-size:11px}.fault-name{fill:var(--bad)}.fault{fill:var(--fault)}
        polyline{fill:none;stroke-width:1.6}.published{stroke:var(--one)}.ended{stroke:var(--two)}.key-published{color:var(--one)}.key-ended{color:var(--two)}
        """;

    public static string Of(VerifyResult result)
    {
        var verdict = JsonReport.Word(result.Proof.Verdict);
        var page = new Markup();
        page.Add($"""<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta http-equiv="Content-Security-Policy" content="default-src 'none';style-src 'unsafe-inline'"><title>consumers verify: {verdict}</title><style>""");
        page.Add($"{new Markup().AddRaw(Style)}</style></head><body>");
        page.Add($"<h1>Verdict: <span class=\"{verdict}\">{verdict}</span></h1>");
        page.Add($"<p>{Meaning(result.Proof.Verdict)}</p>");
        page.Add($"<p class=\"dim\">{string.Join(" and ", result.Products)} · modules {string.Join(", ", result.Request.Modules)} · {result.Request.Instances} instances · {result.Rate:0.#} messages/s{(result.Peak is { } peak ? FormattableString.Invariant($", half of the measured {peak:0} attempts/s") : "")} · began {result.Began:yyyy-MM-dd HH:mm:ss}Z, took {result.Took.TotalSeconds:0} s · seed {result.Request.Seed}</p>");
        page.Add($"<h2>Throughput and faults</h2><p class=\"dim\"><span class=\"key-published\">━ published and confirmed</span> · <span class=\"key-ended\">━ attempts ended</span>, each a second, from the warm-up on; shaded: from a fault to the next task that ended</p>{ChartSvg.Of(result)}");
        Figures(page, result);
        Faults(page, result);
        Growths(page, result);
        Invariants(page, result);
        BadTasks(page, result);
        return page.Add($"</body></html>").ToString();
    }

    private static void Figures(Markup page, VerifyResult result)
    {
        page.Add($"<h2>Messages</h2><p>Confirmed {result.Confirmed:N0} · indeterminate {result.Unknown:N0} · refused {result.Refused:N0}</p><div class=\"scroll\"><table><tr><th>Module<th class=\"n\">Tasks<th class=\"n\">Completed<th class=\"n\">Failed<th class=\"n\">Deliveries<th class=\"n\">Duplicates suppressed<th class=\"n\">Effects<th class=\"n\">Run again after a fault<th class=\"n\">Second effects<th class=\"n\">Retries<th class=\"n\">Late p50 / p99 / max</tr>");
        foreach (var (module, report) in result.Proof.Modules)
        {
            var f = report.Figures;
            page.Add($"<tr><td>{module}<td class=\"n\">{f.Published + f.Recovered:N0}<td class=\"n\">{f.Completed:N0}<td class=\"n\">{f.Failed:N0}<td class=\"n\">{f.Deliveries:N0}<td class=\"n\">{f.Duplicates:N0}<td class=\"n\">{f.Effects:N0}<td class=\"n\">{f.Reruns:N0}<td class=\"n\">{f.SecondEffects:N0}<td class=\"n\">{f.Retries:N0}<td class=\"n\">{f.LateP50Ms:N0} / {f.LateP99Ms:N0} / {f.LateMaxMs:N0} ms</tr>");
        }
        page.Add($"</table></div>");
    }

    private static void Faults(Markup page, VerifyResult result)
    {
        if (result.Faults.Count == 0)
        {
            return;
        }
        page.Add($"<h2>Faults: {result.Faults.Count(fault => fault.AtSeconds is not null)} of {result.Faults.Count} landed</h2><table><tr><th>Fault<th>Kind<th class=\"n\">At<th class=\"n\">Lasted<th class=\"n\">Tasks ended again after</tr>");
        foreach (var fault in result.Faults)
        {
            page.Add($"<tr><td>{fault.Id}<td>{fault.Kind}<td class=\"n\">{(fault.AtSeconds is { } at ? TextReport.Seconds(at) : "nothing shows that it landed")}<td class=\"n\">{(fault.LastedSeconds is { } lasted ? TextReport.Seconds(lasted) : "")}<td class=\"n\">{(fault.RecoveredSeconds is { } recovered ? TextReport.Seconds(recovered) : fault.AtSeconds is null ? "" : "never")}</tr>");
        }
        page.Add($"</table>");
    }

    private static void Growths(Markup page, VerifyResult result)
    {
        if (result.Growths.Count == 0)
        {
            return;
        }
        page.Add($"<h2>What grew</h2><p class=\"dim\">Of processes that lived for four minutes and more: the mean, the trend an hour, and the most</p><div class=\"scroll\"><table><tr><th>Instance<th class=\"n\">Lived");
        foreach (var kind in Growth.Kinds)
        {
            page.Add($"<th class=\"n\">{kind.Name}");
        }
        page.Add($"</tr>");
        foreach (var process in result.Growths)
        {
            page.Add($"<tr><td>{process.Instance}<td class=\"n\">{process.Lived.TotalMinutes:0} min");
            foreach (var kind in Growth.Kinds)
            {
                page.Add($"<td class=\"n\">{process.TrendOf(kind.Key, kind.PerUnit).ToString()}");
            }
            page.Add($"</tr>");
        }
        page.Add($"</table></div>");
    }

    private static void Invariants(Markup page, VerifyResult result)
    {
        var broken = TextReport.Broken(result.Proof);
        page.Add($"<h2>What was checked</h2><table><tr><th>Invariant<th>Says<th>Findings</tr>");
        foreach (var (invariant, name) in HistoryChecker.Names)
        {
            var findings = broken.GetValueOrDefault(invariant, []);
            var isTried = result.Checked.Contains(invariant);
            var kind = findings.Count == 0 ? (isTried ? "valid" : "dim") : invariant is "I21" or "I22" ? "unknown" : "invalid";
            page.Add($"<tr><td>{invariant}<td>{name}<td class=\"{kind}\">{(findings.Count == 0 ? (isTried ? "none" : "not put to the test by this run") : FormattableString.Invariant($"{findings.Count}, such as {findings[0].Id}: {findings[0].What}"))}</tr>");
        }
        page.Add($"</table>");
    }

    private static void BadTasks(Markup page, VerifyResult result)
    {
        if (result.BadTasks.Count == 0)
        {
            return;
        }
        page.Add($"<h2>The first {result.BadTasks.Count} that something is wrong with</h2>");
        foreach (var bad in result.BadTasks)
        {
            page.Add($"<h3>{bad.Id}</h3>");
            foreach (var finding in bad.Findings)
            {
                page.Add($"<p class=\"invalid\">{finding}</p>");
            }
            page.Add($"<pre>{string.Join('\n', bad.Lines)}</pre>");
        }
        page.Add($"<p class=\"dim\">Histories, ledger and logs: {result.Folder}</p>");
    }

    private static string Meaning(ProofVerdict verdict) => verdict switch
    {
        ProofVerdict.Valid => "Every fault landed, and every invariant that was put to the test held.",
        ProofVerdict.Invalid => "At least one invariant was broken: see below which, and for which tasks.",
        _ => "Nothing wrong was seen, but the run did not put it to the test: see the findings of I21 and I22.",
    };
}
