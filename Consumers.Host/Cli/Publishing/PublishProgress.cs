using System.Globalization;

namespace Consumers.Host.Cli.Publishing;

/// <summary>On stderr: a bar on a terminal, once it takes more than a second; otherwise a line every 5 s.</summary>
internal sealed class PublishProgress : IAsyncDisposable
{
    private const int Width = 30;

    private readonly TextWriter _error;
    private readonly PublishTally _tally;
    private readonly long? _total;
    private readonly bool _isTerminal;
    private readonly TimeProvider _time;
    private readonly long _started;
    private readonly ITimer? _timer;
    private bool _hasBar;

    /// <param name="total">Null when it is not known before the end.</param>
    public PublishProgress(TextWriter error, PublishTally tally, long? total, bool isTerminal, bool isQuiet, TimeProvider time)
    {
        (_error, _tally, _total, _isTerminal, _time, _started) = (error, tally, total, isTerminal, time, time.GetTimestamp());
        var (first, then) = isTerminal ? (1.0, 0.2) : (5.0, 5.0);
        _timer = isQuiet ? null : time.CreateTimer(_ => Show(), null, TimeSpan.FromSeconds(first), TimeSpan.FromSeconds(then));
    }

    public async ValueTask DisposeAsync()
    {
        if (_timer is not null)
        {
            await _timer.DisposeAsync();
        }
        if (_hasBar)
        {
            // The summary takes the bar's line.
            _error.Write("\r\u001b[K");
        }
    }

    private void Show()
    {
        var rate = _tally.Confirmed / Math.Max(0.001, _time.GetElapsedTime(_started).TotalSeconds);
        var text = string.Create(CultureInfo.InvariantCulture, $"{_tally.Confirmed}{(_total is { } of ? "/" + of.ToString(CultureInfo.InvariantCulture) : "")} confirmed  {rate:0}/s{(_tally.Failed > 0 ? $"  {_tally.Failed} failed" : "")}");
        if (!_isTerminal)
        {
            _error.WriteLine($"  {text}");
            return;
        }
        _hasBar = true;
        var done = _total is > 0 ? (int)(Width * _tally.Confirmed / _total.Value) : 0;
        _error.Write($"\r\u001b[K  {new string('━', Math.Min(done, Width))}{new string('─', Math.Max(0, Width - done))}  {text}");
    }
}
