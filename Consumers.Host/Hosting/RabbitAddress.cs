using Microsoft.Extensions.Configuration;

namespace Consumers.Host.Hosting;

/// <summary>RABBITMQ_URL, else <c>Consumers:Rabbit:Url</c>; the word <c>embedded</c> chooses the transport in memory.</summary>
internal static class RabbitAddress
{
    public static bool IsEmbedded(IConfiguration configuration)
    {
        var url = configuration["RABBITMQ_URL"] is { Length: > 0 } fromEnvironment ? fromEnvironment : configuration["Consumers:Rabbit:Url"];
        return string.Equals(url?.Trim(), "embedded", StringComparison.OrdinalIgnoreCase);
    }
}
