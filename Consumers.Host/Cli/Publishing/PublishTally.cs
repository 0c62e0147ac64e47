namespace Consumers.Host.Cli.Publishing;

/// <summary>What has been sent so far. Written by many sends at once.</summary>
internal sealed class PublishTally
{
    /// <summary>Errors that are kept for the report.</summary>
    private const int MostErrors = 20;

    private readonly Lock _lock = new();
    private readonly List<InputError> _errors = [];
    private long _firstFailed = long.MaxValue;

    public long Sent { get; private set; }

    public long Confirmed { get; private set; }

    public long Failed { get; private set; }

    public string? FirstId { get; private set; }

    public string? LastId { get; private set; }

    public IReadOnlyList<InputError> Errors
    {
        get
        {
            lock (_lock)
            {
                return [.. _errors];
            }
        }
    }

    /// <summary>Of the tasks sent, how many from the first on are confirmed: a run that goes on skips these.</summary>
    public long ConfirmedFromTheStart
    {
        get
        {
            lock (_lock)
            {
                return Math.Min(_firstFailed, Sent);
            }
        }
    }

    public void CountSent(string id)
    {
        lock (_lock)
        {
            Sent++;
            FirstId ??= id;
            LastId = id;
        }
    }

    public void CountConfirmed()
    {
        lock (_lock)
        {
            Confirmed++;
        }
    }

    /// <param name="index">From 0, of the tasks sent.</param>
    public void CountFailed(long index, string code, string why)
    {
        lock (_lock)
        {
            Failed++;
            _firstFailed = Math.Min(_firstFailed, index);
            if (_errors.Count < MostErrors && !_errors.Exists(error => error.Message == why))
            {
                _errors.Add(new InputError(null, null, code, why));
            }
        }
    }
}
