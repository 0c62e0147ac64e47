using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Consumers.Tests.Fixtures;

/// <summary>A service in another process's stead: a real server on a port of its own, which remembers what was posted to it.</summary>
internal sealed class HttpWorker : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Posted> _posted = new();

    private HttpWorker(WebApplication app) => _app = app;

    /// <summary>How it answers; the second argument counts from 1.</summary>
    public Func<HttpContext, int, Task> Answer { get; set; } = (_, _) => Task.CompletedTask;

    public string Url => _app.Urls.First();

    public IReadOnlyList<Posted> Posted => [.. _posted];

    public static async Task<HttpWorker> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var worker = new HttpWorker(builder.Build());
        worker._app.Run(worker.ServeAsync);
        await worker._app.StartAsync(TestContext.Current.CancellationToken);
        return worker;
    }

    private async Task ServeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        _posted.Enqueue(new Posted($"{context.Request.Method} {context.Request.Path}", context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase), body.ToArray()));
        await Answer(context, _posted.Count);
    }

    public async ValueTask DisposeAsync()
    {
        // What still hangs is not waited for.
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }
}

internal sealed record Posted(string What, IReadOnlyDictionary<string, string> Headers, byte[] Body);
