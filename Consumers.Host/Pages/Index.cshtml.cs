using Consumers.Host.Hosting;
using Consumers.Host.Live;
using Consumers.Host.Monitoring;
using Consumers.Host.Monitoring.Figures;
using Consumers.Host.Monitoring.Findings;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace Consumers.Host.Pages;

/// <summary>The fleet at a glance.</summary>
internal sealed class IndexModel(FleetLook look, FigureReads figures, LiveLoop live) : PageModel
{
    [BindProperty(SupportsGet = true, Name = "range")]
    public string? RangeName { get; set; }

    public FigureRange Range => FigureRange.Of(RangeName);

    public FleetNow Fleet { get; private set; } = null!;

    public IReadOnlyDictionary<string, string> Figures { get; private set; } = null!;

    public Known<FigureSeries> Series { get; private set; } = null!;

    public IReadOnlyList<Notice> Notices => live.Recent;

    /// <summary>For the next instance, as far as the names here tell.</summary>
    public string FreeName => Enumerable.Range(1, int.MaxValue).Select(n => $"consumer-{n}").First(name => Fleet.Facts.Instances.Value?.All(instance => instance.Name != name) ?? true);

    /// <summary>To try out.</summary>
    public string FirstModule => Fleet.Facts.Modules.FirstOrDefault()?.Module ?? ModuleSwitches.Rabbit;

    public async Task OnGetAsync(CancellationToken cancellationToken)
    {
        var series = figures.SeriesAsync(Range, cancellationToken);
        Fleet = await look.NowAsync(cancellationToken);
        Figures = FleetFigures.Of(Fleet.Facts);
        Series = await series;
    }
}
