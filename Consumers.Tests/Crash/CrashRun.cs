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

    private readonly RetryOptions _retry;

    private CrashRun(EndToEnd.Fleet fleet, Mailbox mailbox, TimeSpan backoff)
    {
        (Fleet, Mailbox) = (fleet, mailbox);
        _retry = new RetryOptions { Base = backoff, Cap = backoff * 4 };
    }

    public EndToEnd.Fleet Fleet { get; }

    public Mailbox Mailbox { get; }

    public IReadOnlyList<string> Ids => _ids;

    public static async Task<CrashRun> CreateAsync(TimeSpan? mailDelay = null, TimeSpan? backoff = null) =>
        new(await EndToEnd.Fleet.CreateAsync(), Mailbox.Start(mailDelay), backoff ?? CrashCase.ShortBackoff);

    public Task<HostProcess> StartAsync(string? crashAt = null) => Fleet.StartAsync("consumer-1", [.. Environment(crashAt)]);

    /// <summary>Starts an instance that dies on its way up.</summary>
    public async Task DieAtStartAsync(string crashAt) => await DiesAsync(Fleet.Launch("consumer-1", [.. Environment(crashAt)]), crashAt);

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
            await Task.WhenAll(bodies.Select(body => Fleet.Broker.PublishAsync(Encoding.UTF8.GetBytes(body), messageId: null)));
            return;
        }
        using var content = new StringContent($"[{string.Join(',', bodies)}]", Encoding.UTF8, "application/json");
        try
        {
            using var answer = await host.Http.PostAsync(new Uri("/api/rabbit/tasks/batch", UriKind.Relative), content);
            answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        }
        catch (HttpRequestException)
        {
            // It died before it could answer. The rows are written: the points on this way lie behind that.
        }
    }

    /// <summary>The names of the queues in which a retry may still wait.</summary>
    public IEnumerable<string> RetryQueues =>
        new RetrySchedule(_retry).Tiers.Select(tier => $"{Fleet.Broker.Prefix}-retry.{RetrySchedule.NameOf(tier)}");

    private string Add(Ends ends, int number)
    {
        var id = $"{ends}-{number}".ToLowerInvariant();
        _ids.Add(id);
        var to = $"{ends}.{id}@example.com".ToLowerInvariant();
        return $$$"""{"id":"{{{id}}}","type":"email","payload":{"to":"{{{to}}}","subject":"{{{id}}}","body":"a crash test"}}""";
    }

    private IEnumerable<KeyValuePair<string, string>> Environment(string? crashAt) =>
    [
        .. Mailbox.Environment,
        new("Consumers__Retry__Base", $"{_retry.Base:c}"),
        new("Consumers__Retry__Cap", $"{_retry.Cap:c}"),
        new(CrashPoint.Variable, crashAt ?? ""),
    ];

    public async ValueTask DisposeAsync()
    {
        await Fleet.DisposeAsync();
        await Mailbox.DisposeAsync();
    }
}
