using System.Runtime.InteropServices;
using System.Text.Json;
using Consumers.Core;
using Microsoft.Extensions.Options;

namespace Consumers.Host.Handlers.Http;

/// <summary>Posts <c>body</c> of <c>{"endpoint":"name","body":…}</c> to the configured endpoint of that name.</summary>
internal sealed class HttpTaskHandler(HttpCaller caller, IOptions<HttpTaskOptions> options) : TaskHandler<HttpPayload>
{
    public const string Type = "http";

    public override string TaskType => Type;

    protected override async ValueTask<TaskOutcome> HandleAsync(HttpPayload payload, TaskContext context, CancellationToken cancellationToken)
    {
        if (payload.Endpoint is not { } name)
        {
            return TaskOutcome.PermanentFailure("payload.endpoint is missing: it names an endpoint of Consumers:Http:Endpoints");
        }
        if (!options.Value.Endpoints.TryGetValue(name, out var endpoint))
        {
            return TaskOutcome.PermanentFailure($"payload.endpoint is '{name}', but Consumers:Http:Endpoints has no such name");
        }
        var body = payload.Body.ValueKind == JsonValueKind.Undefined ? "null"u8.ToArray() : JsonMarshal.GetRawUtf8Value(payload.Body).ToArray();
        return await caller.PostAsync(name, endpoint, body, context, cancellationToken);
    }
}

/// <param name="Endpoint">Required; a name, never an address.</param>
/// <param name="Body">Posted as it is, byte for byte. Default null.</param>
internal sealed record HttpPayload(string? Endpoint, JsonElement Body);

/// <summary>The type <c>http.NAME</c> posts its whole payload to the endpoint of that name. Each such type has a breaker and a timeout of its own, where all of <c>http</c> share one.</summary>
internal sealed class HttpEndpointTaskHandler(HttpCaller caller, IOptions<HttpTaskOptions> options) : ITaskHandler
{
    private const string Prefix = HttpTaskHandler.Type + ".";

    public bool CanHandle(string taskType) => taskType.StartsWith(Prefix, StringComparison.Ordinal) && options.Value.Endpoints.ContainsKey(taskType[Prefix.Length..]);

    public ValueTask<TaskOutcome> HandleAsync(TaskContext context, CancellationToken cancellationToken)
    {
        var name = context.Type[Prefix.Length..];
        return caller.PostAsync(name, options.Value.Endpoints[name], context.Payload, context, cancellationToken);
    }
}
