namespace Consumers.Host.Monitoring.Findings;

internal enum Severity
{
    /// <summary>Somebody wants it so, or it mends itself.</summary>
    Note,

    /// <summary>Work goes on, but not as it should.</summary>
    Warn,

    /// <summary>Work that should be done is not done.</summary>
    Bad,
}

/// <summary>Something that an operator should know.</summary>
/// <param name="Key">The same as long as it is the same matter.</param>
/// <param name="What">In a tense after which "for 40 s" can stand.</param>
/// <param name="Detail">Why, and where it helps what to do; without its full stop.</param>
/// <param name="Href">Where to look closer, from the root of this host.</param>
/// <param name="Since">Null: since it was first seen.</param>
/// <param name="After">For how long it must be so before it is said: what comes and goes by itself is no news.</param>
internal sealed record Finding(string Key, Severity Severity, string What, string? Detail, string Href, DateTimeOffset? Since = null, TimeSpan After = default)
{
    public string Text => $"{What}{End}";

    public string For(TimeSpan time) => time < TimeSpan.FromSeconds(1) ? $"{Text}." : $"{What} for {Pages.Words.Duration(time)}{End}.";

    private string End => Detail is null ? "" : $": {Detail.TrimEnd('.')}";
}
