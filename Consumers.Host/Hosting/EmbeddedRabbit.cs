namespace Consumers.Host.Hosting;

/// <summary>The module without its broker: the word <c>embedded</c> in the place of an address chooses the transport in memory.</summary>
internal static class EmbeddedRabbit
{
    /// <summary>RABBITMQ_URL, else <c>Consumers:Rabbit:Url</c>.</summary>
    public static bool IsChosen(IConfiguration configuration)
    {
        var url = configuration["RABBITMQ_URL"] is { Length: > 0 } fromEnvironment ? fromEnvironment : configuration["Consumers:Rabbit:Url"];
        return string.Equals(url?.Trim(), "embedded", StringComparison.OrdinalIgnoreCase);
    }
}
