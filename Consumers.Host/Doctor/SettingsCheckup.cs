using System.Globalization;
using Consumers.Core;
using Consumers.Host.Hosting;
using Consumers.Kafka;
using Consumers.Rabbit;
using Consumers.Scaling;
using Microsoft.Extensions.Options;

namespace Consumers.Host.Doctor;

/// <summary>Settings that are allowed and dangerous: what a module does not promise with them, and whether all it may hold fits into memory.</summary>
internal sealed class SettingsCheckup(IServiceProvider services) : ICheckup
{
    public string Area => "settings";

    public string Title => "Settings";

    public string Where => "";

    public Task LookAsync(Findings findings, bool deep, CancellationToken cancellationToken)
    {
        var transports = services.GetServices<ITaskTransport>().ToArray();
        CheckModules(findings, transports);
        CheckGuards(findings, transports);
        CheckMemory(findings, transports);
        if (CrashPoint.Target is { } point)
        {
            findings.Warn("crash-point", $"a host that is started with these settings kills itself at {point}: for tests only", $"unset {CrashPoint.Variable}");
        }
        return Task.CompletedTask;
    }

    private static void CheckModules(Findings findings, ITaskTransport[] transports)
    {
        foreach (var module in ModuleSwitches.Known.Where(module => transports.All(transport => transport.Module != module)))
        {
            findings.Off($"modules.{module}", $"module {module} is switched off");
        }
        var embedded = transports.Where(transport => !transport.IsDurable && transport.Module != ModuleSwitches.Kafka).Select(transport => transport.Module).ToArray();
        if (transports.Length == 0)
        {
            findings.Warn("modules", "no module is switched on: the host shows pages and consumes nothing", "Consumers__Rabbit__Enabled=true, or consumers run --modules rabbit");
        }
        else if (embedded.Length > 0)
        {
            findings.Warn("modules", $"{string.Join(" and ", embedded)}: embedded, tasks wait in the process's memory, and nothing is durable but the ledger", "RABBITMQ_URL: a broker");
        }
        else
        {
            findings.Ok("modules", $"modules {string.Join(", ", transports.Select(transport => transport.Module))}");
        }
    }

    private void CheckGuards(Findings findings, ITaskTransport[] transports)
    {
        var none = transports.Where(transport => transport.Guard == GuardMode.None).Select(transport => transport.Module).ToArray();
        var inMemory = services.GetService<IFleetGuard>() is { IsShared: true } ? [] : transports.Where(transport => transport.Guard == GuardMode.Redis).Select(transport => transport.Module).ToArray();
        if (none.Length > 0)
        {
            findings.Warn("guard", $"{string.Join(" and ", none)} without a guard: a task that is delivered twice runs twice", $"Consumers:{none[0]}:Guard=Ledger with Consumers:{none[0]}:Record=All, or Guard=Redis");
        }
        else if (inMemory.Length > 0)
        {
            findings.Warn("guard", $"{string.Join(" and ", inMemory)} with Redis as guard, and no Redis is configured: instances know nothing of what the others settled, and a task that is delivered twice may run twice", "REDIS_URL: a Redis");
        }
        else
        {
            findings.Ok("guard", string.Join(", ", transports.Select(transport => $"{transport.Module} guarded by {(transport.Guard == GuardMode.Redis ? "Redis" : "the ledger")}")));
        }
    }

    /// <summary>The worst case: every delivery that may be in the process's hands has the largest body that is allowed.</summary>
    private void CheckMemory(Findings findings, ITaskTransport[] transports)
    {
        var body = services.GetRequiredService<IOptions<ConsumersOptions>>().Value.MaxBodyBytes;
        var held = transports.Where(transport => transport.IsDurable).Sum(transport => transport.Module switch
        {
            ModuleSwitches.Rabbit => Held(services.GetRequiredService<IOptions<RabbitOptions>>().Value, body),
            ModuleSwitches.Scaling => Held(services.GetRequiredService<IOptions<ScalingOptions>>().Value, body),
            ModuleSwitches.Kafka => services.GetRequiredService<IOptions<KafkaOptions>>().Value.HeldBytes,
            _ => 0,
        });
        var has = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        var text = string.Create(CultureInfo.InvariantCulture, $"at most {held / 1048576.0:0} MiB of bodies in hand, {has / 1048576.0:0} MiB of memory");
        if (held > has / 2)
        {
            findings.Warn("memory", $"{text}: a burst of large tasks can end the process", "fewer Lanes, a smaller Prefetch or HeldBytes of the module, or a smaller Consumers:MaxBodyBytes");
        }
        else
        {
            findings.Ok("memory", text);
        }
    }

    private static long Held(RabbitOptions options, long body)
    {
        var lanes = options.Lanes > 0 ? options.Lanes : options.MaxConcurrency;
        var prefetch = options.Prefetch > 0 ? options.Prefetch : options.Lanes == 0 ? 1 : Math.Max(1, 2 * options.MaxConcurrency / lanes);
        // The bound works by lowering the prefetch, so a lane may be one body above it.
        return lanes * Math.Min(prefetch * body, options.HeldBytes + body);
    }
}
