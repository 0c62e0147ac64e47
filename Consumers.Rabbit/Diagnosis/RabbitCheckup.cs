using System.Globalization;
using System.Text;
using Consumers.Core;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Consumers.Rabbit;

/// <summary>One module's broker: whether it can be reached, its version, its exchanges and queues, its alarms, and who works.</summary>
internal sealed class RabbitCheckup(RabbitModule module) : ICheckup
{
    /// <summary>The first with at-least-once dead-lettering, without which a retry that expires can be lost.</summary>
    private static readonly Version Oldest = new(3, 10);

    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(1);

    public string Area => module.Name;

    public string Title => module.Health.State.Name;

    public string Where => module.Health.Address;

    private string Section => $"Consumers:{char.ToUpperInvariant(module.Name[0])}{module.Name[1..]}";

    public async Task LookAsync(Findings findings, bool deep, CancellationToken cancellationToken)
    {
        if (module.Options.QueueType == RabbitQueueType.Classic)
        {
            findings.Warn("queue-type", $"{module.Options.WorkQueue} is configured as a classic queue: it has no delivery limit, and what the broker dead-letters itself may be lost",
                $"{Section}:QueueType=Quorum, with a new name for the queue or after it was drained and deleted");
        }
        IConnection connection;
        var started = module.Time.GetTimestamp();
        try
        {
            connection = await RabbitConnection.FactoryFor($"{module.Name}-doctor", module.Options, module.Instance, module.Time).CreateConnectionAsync(cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Tell(findings, ConnectFailure.Of(e));
            return;
        }
        try
        {
            findings.Ok("connection", string.Create(CultureInfo.InvariantCulture, $"connected in {module.Time.GetElapsedTime(started).TotalMilliseconds:0} ms{(module.Options.Url.StartsWith("amqps", StringComparison.OrdinalIgnoreCase) ? ", TLS" : "")}"));
            CheckServer(findings, connection);
            CheckTimeout(findings);
            await CheckTopologyAsync(findings, connection, cancellationToken);
            await CheckPublishingAsync(findings, connection, cancellationToken);
        }
        finally
        {
            await connection.CloseAsync(200, "done", CloseTimeout, abort: true, CancellationToken.None);
            await connection.DisposeAsync();
        }
    }

    private void Tell(Findings findings, ConnectFailure failure)
    {
        var advice = failure.Advice.Replace(ConnectFailure.Patience, "", StringComparison.Ordinal).Trim();
        if (failure.IsRefused)
        {
            findings.Fail("connection", failure.Reason, advice);
            return;
        }
        findings.Unreachable("connection", failure.Reason,
            $"{(advice.Length > 0 ? advice : "Start the broker, or set RABBITMQ_URL to where it is.")} Start one: ./scripts/brokers.sh up. Or switch the module off: {Section.Replace(":", "__", StringComparison.Ordinal)}__Enabled=false");
    }

    /// <summary>Handlers that may outlive what is configured stop the start; whether it is what the broker has, the broker tells nobody over AMQP.</summary>
    private void CheckTimeout(Findings findings)
    {
        if (module.Options.ConsumerTimeout > TimeSpan.Zero)
        {
            findings.Unknown("consumer-timeout", $"the broker's consumer_timeout cannot be asked over AMQP; the host goes by {Section}:ConsumerTimeout ({module.Options.ConsumerTimeout})",
                "see it: rabbitmqctl eval 'application:get_env(rabbit, consumer_timeout).'");
        }
    }

    private static void CheckServer(Findings findings, IConnection connection)
    {
        var (product, text) = (Property(connection, "product"), Property(connection, "version"));
        var title = $"{product} {text}".Trim();
        if (!Version.TryParse(text.Split('-', '+')[0], out var version))
        {
            findings.Unknown("version", $"the broker does not say its version ({title})");
        }
        else if (product == "RabbitMQ" && version < Oldest)
        {
            findings.Fail("version", $"{title} has no at-least-once dead-lettering: a retry that falls due can be lost", "RabbitMQ 3.10 or newer");
        }
        else if (product != "RabbitMQ")
        {
            findings.Warn("version", $"{title} is not RabbitMQ; the fleet is tested with RabbitMQ only", "RabbitMQ 3.10 or newer");
        }
        else
        {
            findings.Ok("version", title);
        }
    }

    private async Task CheckTopologyAsync(Findings findings, IConnection connection, CancellationToken cancellationToken)
    {
        await using var look = new TopologyLook(connection, module.Topology);
        var sight = await look.LookAsync(cancellationToken);
        if (sight.Mismatches.Count > 0)
        {
            findings.Fail("topology", string.Join("; ", sight.Mismatches.Select(mismatch => mismatch.Message)), sight.Mismatches[0].Advice);
        }
        else if (sight.Hidden.Count > 0)
        {
            findings.Unknown("topology", $"this user may not look at {Some(sight.Hidden)}", $"rabbitmqctl set_permissions -p <vhost> {new Uri(module.Options.Url).UserInfo.Split(':')[0]} '.*' '.*' '.*'");
        }
        else if (sight.Missing.Count > 0 && sight.Missing.Count < sight.Count)
        {
            findings.Warn("topology", $"missing: {Some(sight.Missing)}", "start the host: it declares what is missing, within a minute also while it runs");
        }
        else if (sight.Missing.Count > 0)
        {
            findings.Ok("topology", "nothing is declared yet, which the host does when it starts");
        }
        else
        {
            var work = module.Options.QueueType == RabbitQueueType.Quorum ? $"work queue quorum, delivery limit {module.Options.DeliveryLimit}, at-least-once" : "work queue classic";
            findings.Ok("topology", $"topology as declared ({work}; a policy could lower the limit: rabbitmqctl list_policies)");
        }
        if (sight.Work is { MessageCount: > 0, ConsumerCount: 0 } idle)
        {
            findings.Warn("consumers", $"{idle.MessageCount} tasks wait in {module.Options.WorkQueue}, and nobody consumes", "start an instance: consumers run");
        }
        else if (sight.Work is { } work)
        {
            findings.Ok("consumers", $"{work.MessageCount} tasks ready, {work.ConsumerCount} consumers");
        }
    }

    /// <summary>A broker that is short of memory or disk tells so only to whom publishes. The message has nowhere to go, so it comes back and nothing has changed.</summary>
    private async Task CheckPublishingAsync(Findings findings, IConnection connection, CancellationToken cancellationToken)
    {
        var blocked = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.ConnectionBlockedAsync += (_, args) =>
        {
            blocked.TrySetResult(args.Reason);
            return Task.CompletedTask;
        };
        var channel = await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), cancellationToken);
        using var given = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var returning = ComesBackAsync(channel, given.Token);
        try
        {
            if (await Task.WhenAny(returning, blocked.Task) == blocked.Task)
            {
                findings.Fail("alarms", $"the broker takes no messages: {await blocked.Task}", "free memory or disk space on the broker; see rabbitmq-diagnostics alarms");
                await given.CancelAsync();
                return;
            }
            if (!await returning)
            {
                findings.Unknown("alarms", "the broker kept a message that had nowhere to go");
                return;
            }
            findings.Ok("alarms", "no alarms");
            await channel.DisposeAsync();
        }
        catch (Exception e) when (e is OperationInterruptedException or AlreadyClosedException)
        {
            findings.Unknown("alarms", "this user may not publish to the default exchange, and only who publishes hears of alarms", "rabbitmq-diagnostics alarms");
        }
    }

    /// <summary>Publishes two, because a broker with an alarm still takes the one that tells it that this connection publishes, and may return it before it says that it is blocked. The second it does not take.</summary>
    private async Task<bool> ComesBackAsync(IChannel channel, CancellationToken cancellationToken)
    {
        for (var i = 0; i < 2; i++)
        {
            try
            {
                await channel.BasicPublishAsync("", $"consumers.doctor.{module.Instance.RunId}", mandatory: true, ReadOnlyMemory<byte>.Empty, cancellationToken);
                return false;
            }
            catch (PublishException e) when (e.IsReturn)
            {
            }
        }
        return true;
    }

    private static string Property(IConnection connection, string name) =>
        connection.ServerProperties?.TryGetValue(name, out var value) == true && value is byte[] text ? TaskHeaders.CleanError(Encoding.UTF8.GetString(text)) : "";

    private static string Some(IReadOnlyList<string> names) =>
        names.Count <= 3 ? string.Join(", ", names) : $"{string.Join(", ", names.Take(3))} and {names.Count - 3} more";
}
