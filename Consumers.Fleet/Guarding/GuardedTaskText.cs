using System.Text.Json;
using System.Text.Json.Serialization;
using Consumers.Core;

namespace Consumers.Fleet;

/// <summary>A guarded task as the text that is stored.</summary>
internal static class GuardedTaskText
{
    private static long _lastTicket;

    /// <summary>Another text at every call: two callers in one process who decide alike in the same millisecond must not take each other's text for their own.</summary>
    public static string Write(GuardedTask task) => JsonSerializer.Serialize(new GuardedValue(Interlocked.Increment(ref _lastTicket), task), GuardedTaskJson.Default.GuardedValue);

    /// <summary>Null when no guard wrote it.</summary>
    public static GuardedTask? Read(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, GuardedTaskJson.Default.GuardedValue)?.Task;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <param name="Ticket">Of the writing process.</param>
internal sealed record GuardedValue(long Ticket, GuardedTask? Task);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(GuardedValue))]
internal sealed partial class GuardedTaskJson : JsonSerializerContext;
