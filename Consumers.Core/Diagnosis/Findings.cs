namespace Consumers.Core;

/// <summary>Collects what one <see cref="ICheckup"/> tells. A checkup whose time is over may still run somewhere; from then on it is not listened to.</summary>
public sealed class Findings(string area, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly List<CheckFinding> _all = [];
    private long _since = time.GetTimestamp();
    private bool _isClosed;

    /// <summary>What was told so far; nothing is added to it any more.</summary>
    public IReadOnlyList<CheckFinding> Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            return _all;
        }
    }

    public void Ok(string name, string text) => Add(name, Verdict.Ok, text, null);

    public void Off(string name, string text) => Add(name, Verdict.Off, text, null);

    public void Unknown(string name, string text, string? mend = null) => Add(name, Verdict.Unknown, text, mend);

    public void Warn(string name, string text, string mend) => Add(name, Verdict.Warn, text, mend);

    public void Fail(string name, string text, string mend) => Add(name, Verdict.Fail, text, mend);

    public void Unreachable(string name, string text, string mend) => Add(name, Verdict.Unreachable, text, mend);

    public bool Has(string name)
    {
        lock (_lock)
        {
            return _all.Exists(finding => finding.Id == $"{area}.{name}");
        }
    }

    private void Add(string name, Verdict verdict, string text, string? mend)
    {
        lock (_lock)
        {
            if (!_isClosed)
            {
                _all.Add(new CheckFinding($"{area}.{name}", verdict, text, mend, time.GetElapsedTime(_since)));
                _since = time.GetTimestamp();
            }
        }
    }
}
