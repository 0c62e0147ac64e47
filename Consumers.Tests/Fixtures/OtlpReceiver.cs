using System.Buffers.Binary;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Consumers.Tests.Fixtures;

/// <summary>A collector in another process's stead: takes OTLP over HTTP/protobuf and over gRPC on real sockets, and keeps what came.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<OtlpSpan> _spans = new();
    private readonly ConcurrentQueue<byte[]> _metrics = new();
    private readonly ConcurrentQueue<byte[]> _logs = new();
    private readonly ConcurrentQueue<string> _headers = new();

    private OtlpReceiver(WebApplication app, int http, int grpc) => (_app, Http, Grpc) = (app, $"http://127.0.0.1:{http}", $"http://127.0.0.1:{grpc}");

    /// <summary>For <c>http/protobuf</c>.</summary>
    public string Http { get; }

    /// <summary>For <c>grpc</c>.</summary>
    public string Grpc { get; }

    public IReadOnlyList<OtlpSpan> Spans => [.. _spans];

    public IReadOnlyList<byte[]> Metrics => [.. _metrics];

    public IReadOnlyList<byte[]> Logs => [.. _logs];

    /// <summary>Of every request, its path and the header <c>x-team</c>.</summary>
    public IReadOnlyList<string> Requests => [.. _headers];

    public static async Task<OtlpReceiver> StartAsync()
    {
        var (http, grpc) = (FreePort.Take(), FreePort.Take());
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ListenLocalhost(http, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.ListenLocalhost(grpc, listen => listen.Protocols = HttpProtocols.Http2);
        });
        var receiver = new OtlpReceiver(builder.Build(), http, grpc);
        receiver._app.Run(receiver.TakeAsync);
        await receiver._app.StartAsync(TestContext.Current.CancellationToken);
        return receiver;
    }

    /// <summary>The variables that send a host's signals here.</summary>
    public IEnumerable<KeyValuePair<string, string>> Environment(string protocol = "http/protobuf") =>
    [
        new("OTEL_EXPORTER_OTLP_ENDPOINT", protocol == "grpc" ? Grpc : Http),
        new("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
        new("OTEL_EXPORTER_OTLP_HEADERS", "x-team=red"),
    ];

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var message = body.ToArray();
        _headers.Enqueue($"{context.Request.Path} {context.Request.Headers["x-team"]}");
        var isGrpc = context.Request.ContentType?.StartsWith("application/grpc", StringComparison.Ordinal) == true;
        if (isGrpc)
        {
            // A flag, a length, a message.
            message[0].ShouldBe((byte)0);
            message = message[5..(5 + BinaryPrimitives.ReadInt32BigEndian(message.AsSpan(1)))];
        }
        switch (context.Request.Path.Value)
        {
            case "/v1/traces" or "/opentelemetry.proto.collector.trace.v1.TraceService/Export":
                foreach (var span in OtlpSpan.Read(message))
                {
                    _spans.Enqueue(span);
                }
                break;
            case "/v1/metrics" or "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export":
                _metrics.Enqueue(message);
                break;
            case "/v1/logs" or "/opentelemetry.proto.collector.logs.v1.LogsService/Export":
                _logs.Enqueue(message);
                break;
            default:
                context.Response.StatusCode = 404;
                return;
        }
        context.Response.ContentType = isGrpc ? "application/grpc" : "application/x-protobuf";
        if (isGrpc)
        {
            context.Response.DeclareTrailer("grpc-status");
            await context.Response.Body.WriteAsync(new byte[5]);
            context.Response.AppendTrailer("grpc-status", "0");
        }
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }
}
