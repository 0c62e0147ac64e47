using System.Buffers;

namespace Consumers.Core;

/// <summary>Who this process is in the fleet.</summary>
public sealed class InstanceIdentity
{
    public const string Rule = "1 to 64 characters of A-Z a-z 0-9 . _ -";

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    /// <param name="name">CONSUMER_ID; null or empty for <c>&lt;machine&gt;-&lt;pid&gt;</c>.</param>
    /// <exception cref="ArgumentException">The name breaks <see cref="Rule"/>.</exception>
    public InstanceIdentity(string? name, TimeProvider time)
    {
        Name = string.IsNullOrEmpty(name) ? DefaultName() : name;
        if (!IsValid(Name))
        {
            throw new ArgumentException($"CONSUMER_ID '{TaskHeaders.CleanError(Name[..Math.Min(Name.Length, 80)])}' is not a name for an instance: it needs {Rule}.");
        }
        RunId = Guid.CreateVersion7(time.GetUtcNow()).ToString("N");
        StartedAt = time.GetUtcNow();
    }

    public string Name { get; }

    /// <summary>New for every process.</summary>
    public string RunId { get; }

    public string Host { get; } = Environment.MachineName;

    public int Pid { get; } = Environment.ProcessId;

    public DateTimeOffset StartedAt { get; }

    public static string Version { get; } = typeof(InstanceIdentity).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    public static bool IsValid(string name) => name.Length is > 0 and <= 64 && !name.AsSpan().ContainsAnyExcept(Allowed);

    private static string DefaultName()
    {
        var machine = string.Concat(Environment.MachineName.Where(c => Allowed.Contains(c)));
        var suffix = $"-{Environment.ProcessId}";
        return machine.Length == 0 ? $"consumer{suffix}" : machine[..Math.Min(machine.Length, 64 - suffix.Length)] + suffix;
    }
}
