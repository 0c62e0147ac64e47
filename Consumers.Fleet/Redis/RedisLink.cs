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

    /// <summary>A connection takes several round trips.</summary>
    private static readonly TimeSpan LeastPatience = TimeSpan.FromSeconds(1);

    private readonly RedisOptions _options;
    private readonly ConfigurationOptions _configuration;
    private readonly RedisHealth _health;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _wake = new(0, 1);
    private TaskCompletionSource _back = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile RespConnection? _connection;
    private Task? _probing;
    private volatile bool _isUp;

    public RedisLink(RedisOptions options, InstanceIdentity identity, RedisHealth health, TimeProvider time, ILogger<RedisLink> logger)
    {
        (_options, _health, _time, _logger) = (options, health, time, logger);
        if (!RedisAddress.TryParse(options.Url, out _configuration))
        {
            throw new ArgumentException("the options were not validated", nameof(options));
        }
        _configuration.ClientName = identity.Name;
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
    /// <param name="goesOnHere">Whoever awaits goes on in the thread that reads the answers, and so must neither block nor take long. It saves a task a thread to wake.</param>
    /// <exception cref="FleetUnavailableException">It is not; or nobody knows whether the script ran.</exception>
    public async Task<RespValue> RunAsync(RedisScript script, string[] keys, string[] arguments, bool goesOnHere = false)
    {
        if (!_isUp)
        {
            throw new FleetUnavailableException(WhyDown);
        }
        try
        {
            return await SendAsync(script, keys, arguments, goesOnHere).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not FleetUnavailableException)
        {
            PutDown(e);
            throw new FleetUnavailableException(WhyDown, e);
        }
    }

    /// <summary>Runs a script whatever the state of the link; keys of a wrong type are moved out of its way first.</summary>
    public async Task<RespValue> SendAsync(RedisScript script, string[] keys, string[] arguments, bool goesOnHere = false)
    {
        var (byText, isMended) = (false, false);
        while (true)
        {
            var connection = _connection ?? throw NotConnected();
            try
            {
                return await connection.RunAsync(script, byText, keys, arguments, goesOnHere).ConfigureAwait(false);
            }
            catch (RedisErrorException e) when (!byText && e.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
            {
                // It was never sent to this Redis, or its scripts were flushed.
                byText = true;
            }
            catch (RedisErrorException e) when (!isMended && WrongType.IsMeant(e))
            {
                await SetAsideAsync(WrongType.Mend, keys, [.. script.Types(keys.Length)]).ConfigureAwait(false);
                isMended = true;
            }
        }
    }

    /// <summary>Renames what does not belong where it is, and says so.</summary>
    public async Task SetAsideAsync(RedisScript script, string[] keys, string[] types)
    {
        var connection = _connection ?? throw NotConnected();
        var moved = (await connection.RunAsync(script, byText: true, keys, types, goesOnHere: false).ConfigureAwait(false)).Texts();
        for (var i = 0; i + 2 < moved.Length; i += 3)
        {
            Log.SetAside(_logger, moved[i]!, moved[i + 1]!, moved[i + 2]!);
        }
    }

    private static TimeoutException NotConnected() => new("not connected yet");

    private async Task PingAsync(CancellationToken cancellationToken) => await SendAsync(RedisScripts.Ping, [], []).ConfigureAwait(false);

    private async Task ProbeAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                if (_connection is { IsBroken: true })
                {
                    await CloseAsync().ConfigureAwait(false);
                }
                _connection ??= await ConnectAsync(stopping).ConfigureAwait(false);
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
                await CloseAsync().ConfigureAwait(false);
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

    private async Task<RespConnection> ConnectAsync(CancellationToken stopping)
    {
        using var patience = new CancellationTokenSource(_options.Timeout < LeastPatience ? LeastPatience : _options.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stopping);
        try
        {
            var connection = await RespConnection.ConnectAsync(_configuration, _options.Timeout, _time, either.Token).ConfigureAwait(false);
            connection.Broke += OnBroken;
            return connection;
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            throw new TimeoutException("it takes no connection");
        }
    }

    /// <summary>Known at once, not with the next command.</summary>
    private void OnBroken(RespConnection connection, Exception exception)
    {
        if (connection == _connection)
        {
            PutDown(exception);
        }
    }

    private async ValueTask CloseAsync()
    {
        if (Interlocked.Exchange(ref _connection, null) is { } connection)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
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
                Wake();
            }
        }
        if (_health.Down(failure))
        {
            Log.Down(_logger, _health.State.Description);
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
        await CloseAsync().ConfigureAwait(false);
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
