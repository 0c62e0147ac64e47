using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Threading.Channels;
using Consumers.Core;
using Consumers.Host.Api;
using Consumers.Host.Security;

namespace Consumers.Host.Cli.Publishing;

/// <summary>For the embedded transport: batches to a running host. While one batch is on its way the next gathers.</summary>
internal sealed class ApiSink : ITaskSink
{
    private const int MostInABatch = 500;
    private const int MostBytesInABatch = 8 * 1024 * 1024;

    private readonly Channel<Pending> _pending = Channel.CreateUnbounded<Pending>();
    private readonly HttpClient _http;
    private readonly Uri _host;
    private readonly string _module;
    private readonly Task _pump;

    public ApiSink(Uri host, string module, string? apiKey)
    {
        (_host, _module) = (host, module);
        _http = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
        if (!string.IsNullOrEmpty(apiKey))
        {
            _http.DefaultRequestHeaders.Add(AccessHandler.HeaderName, apiKey);
        }
        _pump = PumpAsync();
    }

    public string Name => $"the API of {_host.GetLeftPart(UriPartial.Authority)}";

    public async ValueTask SendAsync(TaskMessage message, CancellationToken cancellationToken)
    {
        var pending = new Pending(message, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        await _pending.Writer.WriteAsync(pending, cancellationToken);
        await pending.Done.Task.WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _pending.Writer.Complete();
        await _pump;
        _http.Dispose();
    }

    private async Task PumpAsync()
    {
        var batch = new List<Pending>();
        while (await _pending.Reader.WaitToReadAsync())
        {
            batch.Clear();
            using var body = new MemoryStream();
            while (batch.Count < MostInABatch && body.Length < MostBytesInABatch && _pending.Reader.TryRead(out var next))
            {
                batch.Add(next);
                body.Write(TaskMessageCodec.Encode(next.Message));
                body.WriteByte((byte)'\n');
            }
            try
            {
                await PostAsync(batch, body.ToArray());
            }
            catch (Exception e)
            {
                var failure = e as PublishFailedException ?? new PublishFailedException(PublishFailure.Unavailable, $"{Name} does not answer: {e.Message}", e);
                batch.ForEach(pending => pending.Done.TrySetException(failure));
            }
        }
    }

    private async Task PostAsync(List<Pending> batch, byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue(RequestBody.NdJson[0]);
        using var response = await _http.PostAsync(new Uri(_host, $"api/{_module}/tasks/batch"), content);
        using var answer = await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync());
        if (!answer.RootElement.TryGetProperty("rejected", out var rejected))
        {
            var detail = answer.RootElement.TryGetProperty("detail", out var text) ? text.GetString() : null;
            var failure = response.StatusCode == HttpStatusCode.ServiceUnavailable ? PublishFailure.Unavailable : PublishFailure.Refused;
            throw new PublishFailedException(failure, $"{Name} answered {(int)response.StatusCode}: {detail}");
        }
        foreach (var item in rejected.EnumerateArray())
        {
            batch[item.GetProperty("index").GetInt32()].Done.TrySetException(new PublishFailedException(PublishFailure.Refused, item.GetProperty("error").GetString() ?? "refused"));
        }
        batch.ForEach(pending => pending.Done.TrySetResult());
    }

    private sealed record Pending(TaskMessage Message, TaskCompletionSource Done);
}
