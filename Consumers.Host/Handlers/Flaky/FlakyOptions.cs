namespace Consumers.Host.Handlers;

/// <summary>Section <c>Consumers:Flaky</c>.</summary>
internal sealed class FlakyOptions
{
    public const string Section = "Consumers:Flaky";

    /// <summary>
    /// Whether a task may ask for <c>block</c>, <c>ignore-cancellation</c>, <c>exit</c>, <c>fail-fast</c>, <c>stack-overflow</c> or <c>exhaust-memory</c>.
    /// Default false: whoever can publish could otherwise kill the fleet.
    /// </summary>
    public bool AllowCrashes { get; set; }
}
