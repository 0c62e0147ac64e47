using System.Net;
using System.Text;
using System.Text.Json;
using Consumers.Core;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Faults;

// Here, because the project of that name goes before an alias at the top.
using Fleet = EndToEnd.Fleet;

/// <summary>The disk under the ledger is full, or may only be read: a real disk, a real host, a real broker, and a proxy between them that counts what is acknowledged.</summary>
public sealed class LedgerDiskTests
{
    private const int Tasks = 60;

    [Fact]
    public async Task While_the_disk_is_full_nothing_is_acknowledged_and_with_room_it_goes_on_by_itself()
    {
        using var disk = SmallDisk.Mount(mebibytes: 6);
        await using var run = await Run.StartAsync(disk.File("ledger.db"));
        await run.PublishAsync("before", 5);
        await run.IdleAsync(5);

        disk.Fill().ShouldBeGreaterThan(0);
        await run.StandsStillAsync("the disk is full", "goes on when there is room");
        disk.Free();

        await run.EndsWellAsync(5 + Tasks);
    }

    [Fact]
    public async Task While_its_files_are_read_only_nothing_is_acknowledged_and_it_goes_on_when_they_can_be_written()
    {
        using var folder = new TempFolder();
        var ledger = folder.File("ledger.db");
        await using var run = await Run.StartAsync(ledger);
        await run.PublishAsync("before", 5);
        await run.IdleAsync(5);

        await using (await ImmutableFiles.MakeAsync(folder, ledger, $"{ledger}-wal", $"{ledger}-shm"))
        {
            await run.StandsStillAsync("is read-only for this process", "Give it write access");
        }

        await run.EndsWellAsync(5 + Tasks);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_read_only_disk_stops_the_start_with_its_exit_code(bool hasLedger)
    {
        using var folder = new TempFolder();
        using var disk = SmallDisk.Mount(mebibytes: 6);
        if (hasLedger)
        {
            await MakeLedgerAsync(disk.File("ledger.db"), folder);
        }
        disk.MakeReadOnly();
        await IsRefusedAsync(disk.File("ledger.db"), folder);
    }

    [Fact]
    public async Task A_read_only_ledger_stops_the_start_with_its_exit_code()
    {
        using var folder = new TempFolder();
        await MakeLedgerAsync(folder.File("ledger.db"), folder);
        await using var immutable = await ImmutableFiles.MakeAsync(folder, folder.File("ledger.db"));
        await IsRefusedAsync(folder.File("ledger.db"), folder);
    }

    private static async Task MakeLedgerAsync(string ledger, TempFolder folder)
    {
        await using var host = await HostProcess.StartAsync("consumer-1", Embedded(ledger), folder);
        (await host.TerminateAsync()).ShouldBe(0);
    }

    private static async Task IsRefusedAsync(string ledger, TempFolder folder)
    {
        var (exit, _, error) = await HostProcess.RunAsync(["run", "--urls", $"http://127.0.0.1:{FreePort.Take()}"], Embedded(ledger), folder);

        exit.ShouldBe(2, error);
        error.ShouldContain(ledger);
        error.ShouldContain("read-only");
    }

    private static KeyValuePair<string, string>[] Embedded(string ledger) => [new("RABBITMQ_URL", "embedded"), new("Consumers__Ledger__Path", ledger)];

    /// <summary>One host, what it acknowledges, and the effects of its tasks.</summary>
    private sealed class Run(Fleet fleet, AmqpProxy proxy, HostProcess host) : IAsyncDisposable
    {
        private readonly List<string> _ids = [];
        private int _acks;

        public HostProcess Host => host;

        private static string Histories(Fleet fleet) => fleet.Folder.File("history");

        public static async Task<Run> StartAsync(string ledger)
        {
            var fleet = await Fleet.CreateAsync();
            var proxy = AmqpProxy.Start(new Uri(fleet.Broker.Url));
            var host = await fleet.StartAsync(
                "consumer-1",
                new("RABBITMQ_URL", proxy.Url.ToString()),
                new("Consumers__Ledger__Path", ledger),
                new("Consumers__History__Folder", Histories(fleet)),
                new("Consumers__Handlers__Types__probe__Breaker", "false"));
            var run = new Run(fleet, proxy, host);
            proxy.OnMethod = frame =>
            {
                if (frame.FromClient && frame.Method == AmqpMethod.BasicAck)
                {
                    Interlocked.Increment(ref run._acks);
                }
                return AmqpVerdict.Forward;
            };
            return run;
        }

        /// <summary>From outside, around the proxy: each task is retried once.</summary>
        public async Task PublishAsync(string prefix, int count)
        {
            var tasks = Enumerable.Range(0, count)
                .Select(i => TaskMessage.Create("probe", """{"steps":["retry","ok"],"delayMs":5}"""u8.ToArray(), 3, TimeProvider.System.GetUtcNow()) with { Id = $"{prefix}-{i}" })
                .ToArray();
            _ids.AddRange(tasks.Select(task => task.Id));
            await Task.WhenAll(tasks.Select(task => fleet.Broker.PublishAsync(TaskMessageCodec.Encode(task), task.Id)));
        }

        /// <summary>All are done and acknowledged: the ledger knows before the broker does.</summary>
        public async Task IdleAsync(int tasks)
        {
            await Fleet.QuiesceAsync(host, tasks);
            var (acks, since) = (-1, 0L);
            await Eventually.TrueAsync(
                async () =>
                {
                    var stats = await Fleet.StatsAsync(host);
                    if (Volatile.Read(ref _acks) != acks || Fleet.Of(stats, "unacked") != 0)
                    {
                        (acks, since) = (Volatile.Read(ref _acks), TimeProvider.System.GetTimestamp());
                    }
                    return TimeProvider.System.GetElapsedTime(since) > TimeSpan.FromSeconds(2);
                },
                "nothing is unacknowledged");
        }

        /// <summary>Tasks come, the fault is named everywhere, and nothing is done or acknowledged.</summary>
        public async Task StandsStillAsync(string what, string whatToDo)
        {
            var text = "";
            await Eventually.TrueAsync(async () => (text = await ReadyAsync(HttpStatusCode.ServiceUnavailable)).Contains(what, StringComparison.Ordinal), () => $"/health/ready says '{what}'. It says: {text}\n{host.Output}");
            text.ShouldContain(whatToDo);
            var (acks, effects) = (Volatile.Read(ref _acks), Effects().Count);
            await PublishAsync("during", Tasks);

            foreach (var page in (string[])["/", "/rabbit"])
            {
                var html = WebUtility.HtmlDecode(await host.Http.GetStringAsync(new Uri(page, UriKind.Relative)));
                html.ShouldContain(what, customMessage: page);
                html.ShouldContain(whatToDo, customMessage: page);
            }
            using var task = new StringContent("""{"id":"refused","type":"probe"}""", Encoding.UTF8, "application/json");
            using var answer = await host.Http.PostAsync(new Uri("/api/rabbit/tasks", UriKind.Relative), task);
            answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable, "nothing is accepted that is not written");

            var since = TimeProvider.System.GetTimestamp();
            await Eventually.TrueAsync(() => TimeProvider.System.GetElapsedTime(since) > TimeSpan.FromSeconds(2), "some time passes");
            (await ReadyAsync(HttpStatusCode.ServiceUnavailable)).ShouldContain(what);
            Volatile.Read(ref _acks).ShouldBe(acks, "nothing is acknowledged");
            Effects().Count.ShouldBe(effects, "no attempt runs that the ledger does not know of");
        }

        public async Task EndsWellAsync(int tasks)
        {
            var (since, ended) = (TimeProvider.System.GetTimestamp(), Effects().Count);
            await Eventually.TrueAsync(() => Effects().Count > ended, "a handler runs again", TimeSpan.FromSeconds(60));
            TestContext.Current.TestOutputHelper?.WriteLine($"the first handler ran {TimeProvider.System.GetElapsedTime(since).TotalSeconds:0.00} s after the ledger could be written again");
            await Fleet.QuiesceAsync(host, tasks);
            await ReadyAsync(HttpStatusCode.OK);
            var effects = Effects().ToLookup(line => line.Id, line => line.Attempt);
            foreach (var id in _ids)
            {
                var found = (await Fleet.FindAsync(host, id)).ShouldNotBeNull();
                found.GetProperty("status").GetString().ShouldBe("COMPLETED");
                found.GetProperty("attempts").EnumerateArray().Select(attempt => attempt.GetProperty("outcome").GetString()).ShouldBe(["retryable", "success"], id);
                effects[id].ShouldBe([1, 2], $"each attempt of {id} ran once");
            }
            (await Fleet.FindAsync(host, "refused")).ShouldBeNull("what was refused was not done all the same");
            fleet.Broker.DeadLetters.ShouldBeEmpty();
            (await host.TerminateAsync()).ShouldBe(0);
            (await fleet.Broker.ReadyAsync(fleet.Broker.WorkQueue)).ShouldBe(0, "nothing was left unacknowledged");
        }

        private async Task<string> ReadyAsync(HttpStatusCode expected)
        {
            var seen = "";
            await Eventually.TrueAsync(
                async () =>
                {
                    using var answer = await host.Http.GetAsync(new Uri("/health/ready", UriKind.Relative));
                    seen = await answer.Content.ReadAsStringAsync();
                    return answer.StatusCode == expected;
                },
                () => $"/health/ready answers {expected}; it says {seen}");
            return JsonSerializer.Deserialize<JsonElement>(seen).GetProperty("checks").EnumerateArray()
                .Single(check => check.GetProperty("name").GetString() == "ledger").GetProperty("description").GetString()!;
        }

        private List<HistoryLine> Effects() => [.. Directory.EnumerateFiles(Histories(fleet), "*.effects.history").SelectMany(EffectFile.Read)];

        public async ValueTask DisposeAsync()
        {
            await fleet.DisposeAsync();
            await proxy.DisposeAsync();
        }
    }
}
