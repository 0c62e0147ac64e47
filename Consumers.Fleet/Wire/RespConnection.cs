using System.Buffers;
using StackExchange.Redis;

namespace Consumers.Fleet;

/// <summary>
/// One connection to Redis. Commands go out in the order they are given, by whoever gives one, many at once where they come at once; one thread reads their answers, which come in that order.
/// It breaks once and for all: with an error of the network, or when the oldest command has waited for longer than it may; then nobody knows which of the waiting commands were carried out.
/// </summary>
internal sealed class RespConnection : IAsyncDisposable
{
    private const int FirstBuffer = 16 * 1024;
    private const int MostBuffered = 64 * 1024 * 1024;

    private readonly Stream _stream;
    private readonly TimeSpan _timeout;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly Queue<Call> _calls = new();
    private readonly TaskCompletionSource _readingEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ITimer _watch;
    private ArrayBufferWriter<byte> _next = new(FirstBuffer);
    private ArrayBufferWriter<byte> _sending = new(FirstBuffer);
    private bool _isSending;
    private volatile Exception? _broken;

    private RespConnection(Stream stream, TimeSpan timeout, TimeProvider time)
    {
        (_stream, _timeout, _time) = (stream, timeout, time);
        _watch = time.CreateTimer(static connection => ((RespConnection)connection!).Watch(), this, timeout / 4, timeout / 4);
        new Thread(Read) { IsBackground = true, Name = "Redis answers" }.Start();
    }

    public bool IsBroken => _broken is not null;

    /// <summary>Called once, when the connection breaks; not when it is disposed of.</summary>
    public event Action<RespConnection, Exception>? Broke;

    /// <param name="timeout">How long a command may take.</param>
    /// <exception cref="RedisErrorException">It does not let us in.</exception>
    public static async Task<RespConnection> ConnectAsync(ConfigurationOptions to, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        var stream = await RespStream.OpenAsync(to, cancellationToken).ConfigureAwait(false);
        var connection = new RespConnection(stream, timeout, time);
        try
        {
            await connection.EnterAsync(to).WaitAsync(cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Sends a command. The answer is never an error: that is thrown.</summary>
    public Task<RespValue> SendAsync(params ReadOnlySpan<string> words)
    {
        var call = NewCall(goesOnHere: false);
        bool sends;
        lock (_lock)
        {
            if (_broken is not null)
            {
                return Task.FromException<RespValue>(_broken);
            }
            RespWriter.WriteCommand(_next, words);
            sends = Enqueue(call);
        }
        return Sent(call, sends);
    }

    /// <summary>Runs a script by its hash, or by its text when Redis does not know it yet.</summary>
    /// <param name="goesOnHere">Whoever awaits goes on in the thread that reads the answers, and so must neither block nor take long.</param>
    public Task<RespValue> RunAsync(RedisScript script, bool byText, string[] keys, string[] arguments, bool goesOnHere)
    {
        var call = NewCall(goesOnHere);
        bool sends;
        lock (_lock)
        {
            if (_broken is not null)
            {
                return Task.FromException<RespValue>(_broken);
            }
            RespWriter.WriteScript(_next, byText ? "EVAL" : "EVALSHA", byText ? script.Text : script.Hash, keys, arguments);
            sends = Enqueue(call);
        }
        return Sent(call, sends);
    }

    public async ValueTask DisposeAsync()
    {
        Broke = null;
        Break(new ObjectDisposedException(nameof(RespConnection)));
        await _readingEnded.Task.ConfigureAwait(false);
    }

    private async Task EnterAsync(ConfigurationOptions to)
    {
        if (to.Password is { Length: > 0 } password)
        {
            try
            {
                await (RedisAddress.UserOf(to) is { Length: > 0 } user ? SendAsync("AUTH", user, password) : SendAsync("AUTH", password)).ConfigureAwait(false);
            }
            catch (RedisErrorException e) when (e.Message.Contains("without any password", StringComparison.Ordinal))
            {
                // It lets everybody in.
            }
        }
        if (to.DefaultDatabase is > 0 and var database)
        {
            await SendAsync("SELECT", $"{database}").ConfigureAwait(false);
        }
        try
        {
            await SendAsync("CLIENT", "SETNAME", to.ClientName).ConfigureAwait(false);
        }
        catch (RedisErrorException e) when (e.Message.StartsWith("NOPERM", StringComparison.Ordinal))
        {
            // Only for people who list the clients.
        }
    }

    private Call NewCall(bool goesOnHere) =>
        new(new TaskCompletionSource<RespValue>(goesOnHere ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously), _time.GetTimestamp());

    /// <summary>Called under the lock. True for whoever has to send now; otherwise whoever sends already takes this along.</summary>
    private bool Enqueue(Call call)
    {
        _calls.Enqueue(call);
        var sends = !_isSending;
        _isSending = true;
        return sends;
    }

    private Task<RespValue> Sent(Call call, bool sends)
    {
        if (sends)
        {
            Write();
        }
        return call.Answer.Task;
    }

    /// <summary>Sends until nothing is left. Never throws.</summary>
    private void Write()
    {
        try
        {
            while (true)
            {
                lock (_lock)
                {
                    if (_next.WrittenCount == 0)
                    {
                        _isSending = false;
                        return;
                    }
                    (_next, _sending) = (_sending, _next);
                }
                _stream.Write(_sending.WrittenSpan);
                _sending.ResetWrittenCount();
            }
        }
        catch (Exception e)
        {
            Break(e);
        }
    }

    /// <summary>Never throws.</summary>
    private void Read()
    {
        var buffer = new byte[FirstBuffer];
        var (start, end) = (0, 0);
        try
        {
            while (true)
            {
                while (RespReader.TryRead(buffer.AsSpan(start, end - start), out var used, out var value))
                {
                    start += used;
                    Answer(value);
                }
                if (start > 0)
                {
                    buffer.AsSpan(start, end - start).CopyTo(buffer);
                    (start, end) = (0, end - start);
                }
                if (end == buffer.Length)
                {
                    Array.Resize(ref buffer, buffer.Length < MostBuffered ? buffer.Length * 2 : throw new InvalidDataException($"an answer of Redis is longer than {MostBuffered} bytes"));
                }
                var read = _stream.Read(buffer.AsSpan(end));
                end += read > 0 ? read : throw new IOException("Redis has closed the connection");
            }
        }
        catch (Exception e)
        {
            Break(e);
        }
        _readingEnded.SetResult();
    }

    private void Answer(RespValue value)
    {
        Call call;
        lock (_lock)
        {
            if (!_calls.TryDequeue(out call))
            {
                throw new InvalidDataException("Redis answered what nobody has asked");
            }
        }
        if (value.Kind == RespKind.Error)
        {
            call.Answer.TrySetException(new RedisErrorException(value.Text!));
        }
        else
        {
            call.Answer.TrySetResult(value);
        }
    }

    /// <summary>Answers come in order, so the oldest command is the one that has waited longest.</summary>
    private void Watch()
    {
        lock (_lock)
        {
            if (!_calls.TryPeek(out var oldest) || _time.GetElapsedTime(oldest.SentAt) < _timeout)
            {
                return;
            }
        }
        Break(new TimeoutException("Redis did not answer in time"));
    }

    private void Break(Exception exception)
    {
        Call[] unanswered;
        lock (_lock)
        {
            if (_broken is not null)
            {
                return;
            }
            _broken = exception is TimeoutException ? exception : exception = new IOException(exception.Message, exception);
            unanswered = [.. _calls];
            _calls.Clear();
        }
        _watch.Dispose();
        _stream.Dispose();
        Broke?.Invoke(this, exception);
        // Not in the thread of whoever happened to send or to read.
        _ = Task.Run(() => Array.ForEach(unanswered, call => call.Answer.TrySetException(exception)));
    }

    private readonly record struct Call(TaskCompletionSource<RespValue> Answer, long SentAt);
}
