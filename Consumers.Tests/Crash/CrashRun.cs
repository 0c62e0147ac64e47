using System.Net;
using System.Text;
using Consumers.Core;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Crash;

/// <summary>One fleet that is driven to a crash point, dies there by itself, and is started again.</summary>
internal sealed class CrashRun : IAsyncDisposable
{
    /// <summary>How a process that SIGKILL ended is reported: 128 + 9.</summary>
    private const int Killed = 137;

    private readonly List<string> _ids = [];
    private readonly List<HostProcess> _hosts = [];
    private readonly RetryOptions _retry;

    private CrashRun(ICrashSite site, Mailbox mailbox, RetryOptions retry) => (Site, Mailbox, _retry) = (site, mailbox, retry);

    public ICrashSite Site { get; }

    public TempFolder Folder { get; } = new();

    public Mailbox Mailbox { get; }

    public IReadOnlyList<string> Ids => _ids;

    /// <summary>On RabbitMQ.</summary>
    public static async Task<CrashRun> CreateAsync(TimeSpan? mailDelay = null, TimeSpan? backoff = null)
    {
        var retry = RetryOf(backoff);
        return new(new RabbitCrashSite(await RabbitBroker.ConnectAsync(), retry), Mailbox.Start(mailDelay), retry);
    }

    public static async Task<CrashRun> OnKafkaAsync(TimeSpan? mailDelay = null, TimeSpan? backoff = null)
    {
        var retry = RetryOf(backoff);
        return new(new KafkaCrashSite(await KafkaBroker.StartAsync(tiers: retry)), Mailbox.Start(mailDelay), retry);
    }

    public async Task<HostProcess> StartAsync(string? crashAt = null)
    {
        var host = await HostProcess.StartAsync("consumer-1", Environment(crashAt), Folder);
        _hosts.Add(host);
        return host;
    }

    /// <summary>Starts an instance that dies on its way up.</summary>
    public async Task DieAtStartAsync(string crashAt)
    {
        await using var host = HostProcess.Launch("consumer-1", Environment(crashAt), Folder);
        await DiesAsync(host, crashAt);
    }

    /// <summary>Drives a new instance to the point with this work, and sees it die.</summary>
    public async Task CrashAsync(CrashCase row)
    {
        var crashAt = $"{row.Point}#{row.Hit}";
        var victim = await StartAsync(crashAt);
        await PublishAsync(row, victim);
        await DiesAsync(victim, crashAt);
    }

    public static async Task DiesAsync(HostProcess victim, string crashAt)
    {
        int exit;
        try
        {
            exit = await victim.ExitAsync();
        }
        catch (TimeoutException)
        {
            Assert.Fail($"The fault did not land: {crashAt} was not reached, and the process lives.\n{victim.Output}");
            return;
        }
        exit.ShouldBe(Killed, $"the fault did not land: the process ended in another way than by {crashAt}\n{victim.Output}");
    }

    public async Task PublishAsync(CrashCase row, HostProcess host)
    {
        var bodies = Enumerable.Range(0, row.Tasks).Select(i => Add(row.Ends, i)).ToArray();
        if (!row.ThroughApi)
        {
            await Task.WhenAll(bodies.Select(body => Site.PublishAsync(Encoding.UTF8.GetBytes(body))));
            return;
        }
        using var content = new StringContent($"[{string.Join(',', bodies)}]", Encoding.UTF8, "application/json");
        try
        {
            using var answer = await host.Http.PostAsync(new Uri($"/api/{Site.Module}/tasks/batch", UriKind.Relative), content);
            answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        }
        catch (HttpRequestException)
        {
            // It died before it could answer. The rows are written: the points on this way lie behind that.
        }
    }

    private string Add(Ends ends, int number)
    {
        var id = $"{ends}-{number}".ToLowerInvariant();
        _ids.Add(id);
        var to = $"{ends}.{id}@example.com".ToLowerInvariant();
        return $$$"""{"id":"{{{id}}}","type":"email","payload":{"to":"{{{to}}}","subject":"{{{id}}}","body":"a crash test"}}""";
    }

    private IEnumerable<KeyValuePair<string, string>> Environment(string? crashAt) =>
    [
        .. Site.Environmental(),
        .. Mailbox.Environment,
        new("Logging__LogLevel__Default", "Warning"),
        // Every first attempt may fail here, which is what it pauses a type for.
        new("Consumers__Breaker__Enabled", "false"),
        new("Consumers__Retry__Base", $"{_retry.Base:c}"),
        new("Consumers__Retry__Cap", $"{_retry.Cap:c}"),
        new(CrashPoint.Variable, crashAt ?? ""),
    ];

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }
        await Site.DisposeAsync();
        await Mailbox.DisposeAsync();
        Folder.Dispose();
    }

    private static RetryOptions RetryOf(TimeSpan? backoff)
    {
        var first = backoff ?? CrashCase.ShortBackoff;
        return new RetryOptions { Base = first, Cap = first * 4 };
    }
}
