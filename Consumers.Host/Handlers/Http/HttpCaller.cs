using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Consumers.Core;
using Microsoft.Extensions.Options;

namespace Consumers.Host.Handlers.Http;

/// <summary>
/// One POST, and the outcome that its answer means. It goes where the configuration says and nowhere else: no redirect is followed, no cookie kept. Nothing of it is logged but
/// the outcome's reason, in which configured secrets are masked.
/// </summary>
internal sealed class HttpCaller(IOptions<HttpTaskOptions> options, IOptions<ConsumersOptions> consumers, TimeProvider time) : IDisposable
{
    public const string IdempotencyKey = "Idempotency-Key";
    public const string TaskId = "X-Task-Id";
    public const string TaskAttempt = "X-Task-Attempt";

    private readonly HttpClient _client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        // A name that points elsewhere by now is asked for again.
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        MaxResponseHeadersLength = 32,
        MaxResponseDrainSize = 64 * 1024,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public async ValueTask<TaskOutcome> PostAsync(string name, HttpEndpointOptions endpoint, ReadOnlyMemory<byte> body, TaskContext context, CancellationToken cancellationToken)
    {
        var limit = options.Value.Timeout;
        var secrets = new SecretMask(endpoint);
        using var timeout = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            using var request = Request(endpoint, body, context);
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            return await JudgeAsync(name, response, secrets, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return TaskOutcome.RetryableFailure(string.Create(CultureInfo.InvariantCulture, $"{name} did not answer within {limit.TotalSeconds:0.###} s ({HttpTaskOptions.Section}:{nameof(options.Value.Timeout)})"));
        }
        catch (HttpRequestException e)
        {
            return TaskOutcome.RetryableFailure(secrets.Apply($"{name} could not be called: {e.HttpRequestError}: {e.InnerException?.Message ?? e.Message}"));
        }
    }

    private static HttpRequestMessage Request(HttpEndpointOptions endpoint, ReadOnlyMemory<byte> body, TaskContext context)
    {
        var content = new ReadOnlyMemoryContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(endpoint.Url)) { Content = content };
        foreach (var (header, value) in endpoint.Headers)
        {
            request.Headers.TryAddWithoutValidation(header, value);
        }
        request.Headers.TryAddWithoutValidation(IdempotencyKey, context.IdempotencyKey);
        request.Headers.TryAddWithoutValidation(TaskId, context.Id);
        request.Headers.TryAddWithoutValidation(TaskAttempt, context.Attempt.ToString(CultureInfo.InvariantCulture));
        // While spans are recorded, the client writes the one of the call itself; otherwise the caller's goes through.
        if (Activity.Current is null && ActivityContext.TryParse(context.TraceParent, null, out _))
        {
            request.Headers.TryAddWithoutValidation(TaskHeaders.TraceParent, context.TraceParent);
        }
        return request;
    }

    private async ValueTask<TaskOutcome> JudgeAsync(string name, HttpResponseMessage response, SecretMask secrets, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        if (status is >= 200 and < 300)
        {
            return TaskOutcome.Success();
        }
        if (status is >= 300 and < 400)
        {
            return TaskOutcome.PermanentFailure($"{name} answered {status}, and redirects are not followed: set the address that it leads to");
        }
        var excerpt = await ResponseExcerpt.ReadAsync(response, secrets, cancellationToken);
        var reason = excerpt.Length == 0 ? $"{name} answered {status}" : $"{name} answered {status}: {excerpt}";
        return status is 408 or 425 or 429 or (>= 500 and < 600)
            ? TaskOutcome.RetryableFailure(reason, RetryAfter.Of(response, time.GetUtcNow(), consumers.Value.Retry.MaxDelay))
            : TaskOutcome.PermanentFailure(reason);
    }

    public void Dispose() => _client.Dispose();
}
