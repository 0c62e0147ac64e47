using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Consumers.Tests.Fixtures;

/// <summary>
/// A mail server of one test: counts what the email handler does, outside the ledger and outside the process that may be killed.
/// The recipient says how it ends: <c>ok.ID@…</c> is taken, <c>again.ID@…</c> refused for now the first time, <c>never.ID@…</c> refused for good.
/// </summary>
public sealed class Mailbox : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, int> _tries = new();
    private readonly Task _accepting;

    private Mailbox()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>How long it takes over an answer, after the mail has counted.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromMilliseconds(30);

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Total => _tries.Values.Sum();

    public static Mailbox Start(TimeSpan? delay = null) => delay is { } d ? new() { Delay = d } : new();

    /// <summary>How often a handler has come to the end with this task, whether the mail was taken or refused.</summary>
    public int Tries(string id) => _tries.GetValueOrDefault(id);

    public IEnumerable<KeyValuePair<string, string>> Environment =>
    [
        new("Consumers__Email__SmtpHost", "127.0.0.1"),
        new("Consumers__Email__SmtpPort", $"{Port}"),
        new("Consumers__Email__SmtpTls", "false"),
    ];

    private async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
            {
                serving.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(serving);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var owned = client;
        try
        {
            await TalkAsync(client.GetStream());
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The host was killed in the middle of it, or the test is over.
        }
    }

    private async Task TalkAsync(NetworkStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.ASCII);
        await using var writer = new StreamWriter(stream, Encoding.ASCII) { NewLine = "\r\n", AutoFlush = true };
        var recipient = "";
        await writer.WriteLineAsync("220 mailbox");
        while (await reader.ReadLineAsync(_stop.Token) is { } line)
        {
            var answer = "250 ok";
            if (line.StartsWith("RCPT TO:<", StringComparison.OrdinalIgnoreCase))
            {
                recipient = line["RCPT TO:<".Length..].Split('@')[0];
                answer = await AddressedAsync(recipient);
            }
            else if (line.Equals("DATA", StringComparison.OrdinalIgnoreCase))
            {
                await writer.WriteLineAsync("354 go on");
                while (await reader.ReadLineAsync(_stop.Token) is { } text && text != ".")
                {
                }
                await CountAsync(recipient);
            }
            else if (line.Equals("QUIT", StringComparison.OrdinalIgnoreCase))
            {
                await writer.WriteLineAsync("221 bye");
                return;
            }
            await writer.WriteLineAsync(answer);
        }
    }

    private async Task<string> AddressedAsync(string recipient)
    {
        var (kind, id) = (recipient.Split('.')[0], recipient[(recipient.IndexOf('.') + 1)..]);
        if (kind == "never" || (kind == "again" && Tries(id) == 0))
        {
            await CountAsync(recipient);
            return kind == "never" ? "550 no such mailbox" : "451 try again later";
        }
        return "250 ok";
    }

    private Task CountAsync(string recipient)
    {
        _tries.AddOrUpdate(recipient[(recipient.IndexOf('.') + 1)..], 1, (_, tries) => tries + 1);
        return Task.Delay(Delay, TimeProvider.System, _stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Stop();
        _stop.Dispose();
    }
}
