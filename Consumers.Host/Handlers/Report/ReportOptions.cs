namespace Consumers.Host.Handlers.Report;

/// <summary>Section <c>Consumers:Report</c>.</summary>
internal sealed class ReportOptions
{
    public const string Section = "Consumers:Report";

    /// <summary>Where reports are written, made when it is missing; relative to the folder the host is run from. Default <c>data/reports</c>.</summary>
    public string Folder { get; set; } = "data/reports";
}
