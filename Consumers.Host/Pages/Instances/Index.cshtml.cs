using Consumers.Core;
using Consumers.Host.Monitoring;
using Consumers.Host.Monitoring.Sharing;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Consumers.Host.Pages.Instances;

/// <summary>Every instance: whether it is alive, what it does, and its part of the work.</summary>
internal sealed class IndexModel(FleetProbe probe, LedgerReads ledger, IReceipts receipts) : PageModel
{
    private const int RestartsShown = 20;

    public Known<IReadOnlyList<InstanceReceipt>> Restarts { get; private set; } = null!;

    public FleetPicture Fleet { get; private set; } = null!;

    public InstanceLoad[] WithoutReceipt => [.. Fleet.Stopped.Where(load => Restarts.Value?.Any(restart => restart.RunId == load.Report.RunId) != true)];

    public bool IsWell => Fleet.Instances is { } all && all.All(load => !load.IsAway);

    public string Sentence
    {
        get
        {
            if (Fleet.Instances is not { } all)
            {
                return $"The instances are unknown: {Fleet.WhyUnknown}.";
            }
            var away = all.Where(load => load.IsAway).Select(load => load.Report.Name).ToArray();
            var versions = all.Where(load => load.IsMember).Select(load => load.Report.Version).Distinct().ToArray();
            return $"{Words.Count(all.Count(load => load.IsRunning), "instance", "instances")} running"
                + (away.Length == 0 ? "." : $"; {string.Join(", ", away)} {(away.Length == 1 ? "is" : "are")} away, and what ran there runs elsewhere.")
                + (versions.Length > 1 ? $" Not all run the same version: {string.Join(", ", versions)}." : "");
        }
    }

    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        Fleet = probe.Fleet;
        Restarts = await ledger.ReadAsync("receipts", async token => await receipts.ListAsync(RestartsShown, token), cancellationToken);
    }

    /// <summary>Its own page, when it says where that is.</summary>
    public static string? UrlOf(InstanceReport report) =>
        Uri.TryCreate(report.Url, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? report.Url : null;
}
