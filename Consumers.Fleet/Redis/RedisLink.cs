using Consumers.Core;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace Consumers.Fleet;

/// <summary>
/// The connection to Redis. It is up while a probe is answered; a command that fails or takes too long puts it down, and from then on commands
/// fail at once instead of waiting one by one. The probe goes on in the background, so nobody waits for a reconnect who has not asked to.
/// </summary>
internal sealed partial class RedisLink : IAsyncDisposable
{
    public static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>A client that has not found its way back for this long is replaced by a new one.</summary>
    private static readonly TimeSpan ReplaceAfter = TimeSpan.FromSeconds(20);

    private readonly RedisOptions _options;
    private readonly ConfigurationOptions _configuration;
    private readonly RedisHealth _health;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _wake = new(0, 1);
    private TaskCompletionSource _back = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile IDatabase? _redis;
    private Task? _probing;
    private volatile bool _isUp;
    private long _downSince;

    public RedisLink(RedisOptions options, InstanceIdentity identity, RedisHealth health, TimeProvider time, ILogger<RedisLink> logger)
    {
        (_options, _health, _time, _logger) = (options, health, time, logger);
        if (!RedisAddress.TryParse(options.Url, out _configuration))
        {
            throw new ArgumentException("the options were not validated", nameof(options));
        }
        _configuration.AbortOnConnectFail = false;
        _configuration.ConnectRetry = 1;
        _configuration.ConnectTimeout = (int)Math.Max(options.Timeout.TotalMilliseconds, 1000);
        _configuration.SyncTimeout = (int)Math.Max(options.Timeout.TotalMilliseconds, 1000);
        _configuration.KeepAlive = 5;
        _configuration.ClientName = identity.Name;
#if !PARTIAL_REGISTRY
        // Newer clients keep commands for a connection that is not there; then all that could be said of a dead Redis is that it does not answer. The older one fails them at once anyway.
        _configuration.BacklogPolicy = BacklogPolicy.FailFast;
#endif
        _downSince = time.GetTimestamp();
        Probe = PingAsync;
    }

    public bool IsUp => _isUp;

    /// <summary>For people.</summary>
    public string WhyDown => _health.Reason.TrimEnd('.');

    /// <summary>What is asked to find out whether Redis can be used. It runs while the link is down, so it uses <see cref="SendAsync"/>.</summary>
    public Func<CancellationToken, Task> Probe { get; set; }

    /// <summary>Called each time when a probe was answered; must not block.</summary>
    public event Action? Answered;

    /// <summary>Begins to connect; does nothing when that is going on.</summary>
    public void Start()
    {
        lock (_lock)
        {
            if (!_stop.IsCancellationRequested)
            {
                _probing ??= Task.Run(() => ProbeAsync(_stop.Token));
            }
        }
    }

    /// <summary>Waits until the link is up.</summary>
    public Task BackAsync(CancellationToken cancellationToken)
    {
        Start();
        lock (_lock)
        {
            return _isUp ? Task.CompletedTask : _back.Task.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Probes now instead of at the next interval.</summary>
    public void Wake()
    {
        lock (_lock)
        {
            if (_wake.CurrentCount == 0)
            {
                _wake.Release();
            }
        }
    }

    /// <summary>Runs a script while the link is up.</summary>
    /// <exception cref="FleetUnavailableException">It is not; or nobody knows whether the script ran.</exception>
    public async Task<RedisResult> RunAsync(RedisScript script, RedisKey[] keys, RedisValue[] arguments)
    {
        if (!_isUp)
        {
            throw new FleetUnavailableException(WhyDown);
        }
        try
        {
            return await SendAsync(script, keys, arguments).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not FleetUnavailableException)
        {
            PutDown(e);
            throw new FleetUnavailableException(WhyDown, e);
        }
    }

    /// <summary>Runs a script whatever the state of the link; keys of a wrong type are moved out of its way first.</summary>
    public async Task<RedisResult> SendAsync(RedisScript script, RedisKey[] keys, RedisValue[] arguments)
    {
        var (byText, isMended) = (false, false);
        while (true)
        {
            try
            {
                return await SendOnceAsync(script, byText, keys, arguments).ConfigureAwait(false);
            }
            catch (RedisServerException e) when (!byText && e.Message.Contains("NOSCRIPT", StringComparison.Ordinal))
            {
                // It was never sent to this Redis, or its scripts were flushed.
                byText = true;
            }
            catch (RedisServerException e) when (!isMended && WrongType.IsMeant(e))
            {
                await SetAsideAsync(WrongType.Mend, keys, script.Types(keys.Length)).ConfigureAwait(false);
                isMended = true;
            }
        }
    }

    /// <summary>Renames what does not belong where it is, and says so.</summary>
    public async Task SetAsideAsync(RedisScript script, RedisKey[] keys, RedisValue[] types)
    {
        var moved = (RedisValue[])(await SendAsync(script, keys, types).ConfigureAwait(false))!;
        for (var i = 0; i + 2 < moved.Length; i += 3)
        {
            Log.SetAside(_logger, (string)moved[i]!, (string)moved[i + 1]!, (string)moved[i + 2]!);
        }
    }

    private Task<RedisResult> SendOnceAsync(RedisScript script, bool byText, RedisKey[] keys, RedisValue[] arguments)
    {
        var redis = _redis ?? throw new TimeoutException("not connected yet");
        var answer = byText ? redis.ScriptEvaluateAsync(script.Text, keys, arguments) : redis.ScriptEvaluateAsync(script.Hash, keys, arguments);
        return answer.WaitAsync(_options.Timeout, _time);
    }

    private async Task PingAsync(CancellationToken cancellationToken) => await SendAsync(RedisScripts.Ping, [], []).ConfigureAwait(false);

    private async Task ProbeAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                _redis ??= await ConnectAsync().ConfigureAwait(false);
                await Probe(stopping).ConfigureAwait(false);
                PutUp();
                Answered?.Invoke();
            }
            catch (Exception) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                PutDown(e);
                await ReplaceAsync().ConfigureAwait(false);
            }
            try
            {
                await _wake.WaitAsync(_isUp ? ProbeInterval : RetryInterval, stopping).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task<IDatabase> ConnectAsync()
    {
        var client = await ConnectionMultiplexer.ConnectAsync(_configuration).WaitAsync(TimeSpan.FromMilliseconds(_configuration.ConnectTimeout) * 3, _time).ConfigureAwait(false);
        return client.GetDatabase();
    }

    private async Task ReplaceAsync()
    {
        if (_redis is { } redis && _time.GetElapsedTime(Interlocked.Read(ref _downSince)) > ReplaceAfter)
        {
            Interlocked.Exchange(ref _downSince, _time.GetTimestamp());
            _redis = null;
            await CloseAsync(redis).ConfigureAwait(false);
        }
    }

    private void PutUp()
    {
        lock (_lock)
        {
            if (_isUp)
            {
                return;
            }
            _isUp = true;
            _back.TrySetResult();
        }
        if (_health.Up())
        {
            Log.Up(_logger, _health.Address);
        }
    }

    private void PutDown(Exception exception)
    {
        var failure = RedisFailure.Of(exception);
        lock (_lock)
        {
            if (_isUp)
            {
                _isUp = false;
                _back = new(TaskCreationOptions.RunContinuationsAsynchronously);
                _downSince = _time.GetTimestamp();
                Wake();
            }
        }
        if (_health.Down(failure))
        {
            Log.Down(_logger, _health.State.Description);
        }
    }

    private async Task CloseAsync(IDatabase redis)
    {
        try
        {
            await redis.Multiplexer.CloseAsync(allowCommandsToComplete: false).WaitAsync(_options.Timeout, _time).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // It is given up either way.
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task? probing;
        lock (_lock)
        {
            probing = _probing;
            _stop.Cancel();
        }
        if (probing is not null)
        {
            await probing.ConfigureAwait(false);
        }
        _isUp = false;
        if (_redis is { } redis)
        {
            await CloseAsync(redis).ConfigureAwait(false);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Redis {Address} answers")]
        public static partial void Up(ILogger logger, string address);

        [LoggerMessage(2, LogLevel.Warning, "Redis {Why}")]
        public static partial void Down(ILogger logger, string why);

        [LoggerMessage(3, LogLevel.Warning, "The Redis key '{Key}' held a {Type}, which is not the fleet's. It was renamed to '{MovedTo}', where nothing is lost; see who writes there")]
        public static partial void SetAside(ILogger logger, string key, string type, string movedTo);
    }
}
