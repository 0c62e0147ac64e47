using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Consumers.Core;
using Consumers.Core.InMemory;
using Consumers.Tests.Fixtures;
using Microsoft.Extensions.DependencyInjection;

namespace Consumers.Tests.Telemetry;

/// <summary>What the pipeline tells its meter, seen by a listener as an exporter is one. The module has a name of the test's own, because the meter is the process's.</summary>
public sealed class PipelineMetricTests : IDisposable
{
    private readonly string _module = $"m{Guid.NewGuid():N}"[..10];
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, (long Count, double Sum)> _seen = new();

    public PipelineMetricTests()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == TaskTelemetry.Name && !instrument.IsObservable)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.Start();
    }

    [Fact]
    public async Task Every_delivery_is_counted_once_by_what_became_of_it()
    {
        await using var fleet = await TestFleet.StartAsync(consumers => consumers.AddInMemory(_module));
        var succeeds = await fleet.PublishAsync("retry", "throw", "ok");
        var fails = await fleet.PublishAsync("fail");
        await fleet.ReachesAsync(succeeds.Id, TaskState.Completed);
        await fleet.ReachesAsync(fails.Id, TaskState.Failed);
        // The first again, as a broker delivers it that has lost the ack; and what is no task.
        await fleet.Transport.PublishAsync(succeeds, TestContext.Current.CancellationToken);
        ((InMemoryModule)fleet.Services.GetService(typeof(InMemoryModule))!).Transport.Broker.Publish(new InMemoryMessage("nonsense"u8.ToArray(), "n", new Dictionary<string, string>()));
        await Eventually.TrueAsync(() => Count("consumers.tasks.settled", "duplicate") == 1 && fleet.Stats.Dead == 2, "the duplicate and the nonsense are settled");
        await fleet.StopAsync();

        Count("consumers.tasks.settled", "success", "scripted").ShouldBe(1);
        Count("consumers.tasks.settled", "retry", "scripted").ShouldBe(2);
        Count("consumers.tasks.settled", "dead", "scripted").ShouldBe(1);
        Count("consumers.tasks.settled", "dead").ShouldBe(2);
        Count("consumers.tasks.dead_lettered", "permanent", "scripted").ShouldBe(1);
        Count("consumers.tasks.dead_lettered", "malformed").ShouldBe(1);
        Count("messaging.client.consumed.messages", "in-memory").ShouldBe(6);
        Count("messaging.client.sent.messages", "publish").ShouldBe(3);
        Count("messaging.process.duration", "exception", "scripted").ShouldBe(1);
        Count("messaging.process.duration", "retryable", "scripted").ShouldBe(1);
        Count("messaging.process.duration", "process", "scripted").ShouldBe(4);
        Count("consumers.task.wait", "scripted").ShouldBe(4);
        Count("consumers.task.age", "scripted").ShouldBe(2);
        // Two tiers of waiting lie between the creation and the end of the first.
        Sum("consumers.task.age").ShouldBeGreaterThan(0.3);
    }

    [Fact]
    public async Task Types_that_nobody_does_share_one_label_and_no_other_label_is_from_outside()
    {
        await using var fleet = await TestFleet.StartAsync(consumers => consumers.AddInMemory(_module));
        for (var i = 0; i < 300; i++)
        {
            await fleet.Transport.PublishAsync(TestFleet.Task("ok") with { Type = $"unheard-of-{i}", Key = $"key-{i}" }, TestContext.Current.CancellationToken);
        }
        await Eventually.TrueAsync(() => Count("consumers.tasks.settled", "dead", "other") == 300, "all are settled under one label", TimeSpan.FromSeconds(60));

        _seen.Keys.ShouldNotContain(series => series.Contains("unheard-of", StringComparison.Ordinal) || series.Contains("key-", StringComparison.Ordinal));
        _seen.Count.ShouldBeLessThan(40);
    }

    [Fact]
    public async Task Types_that_one_handler_takes_without_end_are_cut_off()
    {
        await using var fleet = await TestFleet.StartAsync(consumers =>
        {
            consumers.AddInMemory(_module);
            consumers.AddHandler<EveryTypeHandler>();
        });
        var tasks = ModuleTelemetry.MaxTypes + 50;
        for (var i = 0; i < tasks; i++)
        {
            await fleet.Transport.PublishAsync(TestFleet.Task("ok") with { Type = $"any-{i}" }, TestContext.Current.CancellationToken);
        }
        await Eventually.TrueAsync(() => Count("consumers.tasks.settled", "success") == tasks, "all are settled", TimeSpan.FromSeconds(60));

        _seen.Keys.Count(series => series.StartsWith("consumers.tasks.settled", StringComparison.Ordinal)).ShouldBe(ModuleTelemetry.MaxTypes + 1);
        Count("consumers.tasks.settled", "other").ShouldBe(50);
    }

    [Fact]
    public async Task Telling_of_a_task_allocates_nothing()
    {
        await using var fleet = await TestFleet.StartAsync(consumers => consumers.AddInMemory(_module));
        var telemetry = new ModuleTelemetry(
            _module, (HandlerCatalog)fleet.Services.GetService(typeof(HandlerCatalog))!, (InstanceIdentity)fleet.Services.GetService(typeof(InstanceIdentity))!, ParentOfProcess.Message);
        var (task, delivery, now) = (TestFleet.Task("ok"), new SilentDelivery(), TimeProvider.System.GetUtcNow());
        var target = new PublishTarget(_module, "rabbitmq", "publish", "somewhere", "test-1", TimeProvider.System);
        _listener.Dispose();
        using var exporter = new CountingListener(_module);
        Tell();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            Tell();
        }
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        exporter.Count.ShouldBeGreaterThan(5 * 1000);
        allocated.ShouldBe(0);

        void Tell()
        {
            telemetry.Delivered(delivery);
            telemetry.StartAttempt(delivery, task).ShouldBeNull();
            telemetry.Started(delivery, task, now);
            telemetry.Handled(delivery, task.Type, "success", TimeSpan.FromMilliseconds(1));
            telemetry.Settled(task, Settlement.Ack.Instance, now);
            target.Done(0, target.Start(task.Id), null);
        }
    }

    [Theory]
    [InlineData(ParentOfProcess.Message)]
    [InlineData(ParentOfProcess.None)]
    public async Task Each_attempt_is_linked_to_who_published_it_and_a_part_of_that_trace_unless_told_otherwise(ParentOfProcess parent)
    {
        var creation = new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded, isRemote: true);
        var spans = new ConcurrentQueue<Activity>();
        using var recorder = new ActivityListener
        {
            ShouldListenTo = source => source.Name == TaskTelemetry.Name,
            // Of this module alone: other tests run beside this one.
            Sample = (ref ActivityCreationOptions<ActivityContext> options) => options.Tags?.Any(tag => Equals(tag.Value, _module)) == true ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(recorder);
        await using var fleet = await TestFleet.StartAsync(consumers =>
        {
            consumers.AddInMemory(_module);
            consumers.Services.Configure<Consumers.Core.TraceOptions>(options => options.ProcessParent = parent);
        });
        var task = TestFleet.Task("retry", "ok");
        ((InMemoryModule)fleet.Services.GetService(typeof(InMemoryModule))!).Transport.Broker.Publish(
            new InMemoryMessage(TaskMessageCodec.Encode(task), task.Id, new Dictionary<string, string> { [TaskHeaders.TraceParent] = $"00-{creation.TraceId}-{creation.SpanId}-01" }));
        var done = await fleet.ReachesAsync(task.Id, TaskState.Completed);
        await fleet.StopAsync();

        var attempts = spans.Where(span => span.Kind == ActivityKind.Consumer).OrderBy(span => span.StartTimeUtc).ToArray();
        attempts.Length.ShouldBe(2);
        attempts.SelectMany(span => span.Links).Select(link => link.Context.SpanId).ShouldBe([creation.SpanId, creation.SpanId]);
        attempts.Select(span => span.ParentSpanId).ShouldAllBe(id => id == (parent == ParentOfProcess.Message ? creation.SpanId : default));
        attempts.Select(span => span.TraceId).Append(creation.TraceId).Distinct().Count().ShouldBe(parent == ParentOfProcess.Message ? 1 : 3);
        done.Attempts.Select(attempt => attempt.TraceId).ShouldBe(attempts.Select(span => span.TraceId.ToHexString()));
    }

    private void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = new List<string>();
        foreach (var tag in tags)
        {
            labels.Add($"{tag.Value}");
        }
        if (labels.Contains(_module))
        {
            var isCount = instrument is Counter<long>;
            _seen.AddOrUpdate($"{instrument.Name}|{string.Join('|', labels)}|", _ => (isCount ? (long)value : 1, value), (_, known) => (known.Count + (isCount ? (long)value : 1), known.Sum + value));
        }
    }

    private IEnumerable<KeyValuePair<string, (long Count, double Sum)>> Series(string name, params string[] labels) =>
        _seen.Where(series => series.Key.StartsWith($"{name}|", StringComparison.Ordinal) && labels.All(label => series.Key.Contains($"|{label}|", StringComparison.Ordinal)));

    private long Count(string name, params string[] labels) => Series(name, labels).Sum(series => series.Value.Count);

    private double Sum(string name) => Series(name).Sum(series => series.Value.Sum);

    public void Dispose() => _listener.Dispose();

    /// <summary>Its headers are not to be read while nobody records spans.</summary>
    private sealed class SilentDelivery : Delivery
    {
        public override ReadOnlyMemory<byte> Body => default;

        public override string? FallbackId => null;

        public override string Origin => "queue";

        public override string? Header(string name) => name == TaskHeaders.DueAt ? null : throw new InvalidOperationException($"the header {name} was read");

        public override ValueTask<bool> SettleAsync(Settlement settlement, OnwardMessage? onward, CancellationToken cancellationToken) => new(true);
    }

    /// <summary>Listens to everything, and allocates nothing itself.</summary>
    private sealed class CountingListener : IDisposable
    {
        private readonly MeterListener _listener = new();

        public CountingListener(string module)
        {
            _listener.InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter.Name == TaskTelemetry.Name)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((_, _, tags, _) => Note(tags, module));
            _listener.SetMeasurementEventCallback<double>((_, _, tags, _) => Note(tags, module));
            _listener.Start();
        }

        public int Count { get; private set; }

        private void Note(ReadOnlySpan<KeyValuePair<string, object?>> tags, string module)
        {
            if (tags.Length > 0 && ReferenceEquals(tags[0].Value, module))
            {
                Count++;
            }
        }

        public void Dispose() => _listener.Dispose();
    }

    private sealed class EveryTypeHandler : ITaskHandler
    {
        public bool CanHandle(string taskType) => taskType.StartsWith("any-", StringComparison.Ordinal);

        public ValueTask<TaskOutcome> HandleAsync(TaskContext context, CancellationToken cancellationToken) => new(TaskOutcome.Success());
    }
}
