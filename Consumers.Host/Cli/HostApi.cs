using System.Net;
using System.Text;
using System.Text.Json;
using Consumers.Host.Api;
using Consumers.Host.Hosting;
using Consumers.Host.Security;

namespace Consumers.Host.Cli;

/// <summary>The API of the running host, for verbs. Whatever is not an answer ends the verb with one clear line and its exit code.</summary>
internal sealed class HostApi : IDisposable
{
    private static readonly JsonSerializerOptions Json = JsonSerializerOptions.Web;

    private readonly HttpClient _http;

    /// <param name="url">Of <c>--url</c>; null for CONSUMERS_URL or the default. The key is CONSUMERS_API_KEY.</param>
    public HostApi(string? url)
    {
        var configuration = new ConfigurationManager();
        HostSources.AddFolderAndCommandLine(configuration, Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT") ?? "Production", []);
        _http = new HttpClient { BaseAddress = HostAddress.Read(url), Timeout = TimeSpan.FromSeconds(30) };
        if (configuration["CONSUMERS_API_KEY"] is { Length: > 0 } key)
        {
            _http.DefaultRequestHeaders.Add(AccessHandler.HeaderName, key);
        }
    }

    /// <summary>Null when the host says that there is none.</summary>
    public async Task<T?> FindAsync<T>(string path, CancellationToken cancellationToken) where T : class
    {
        using var response = await SendAsync(new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);
        return response.StatusCode == HttpStatusCode.NotFound ? null : await ReadAsync<T>(response, cancellationToken);
    }

    public async Task<T> GetAsync<T>(string path, CancellationToken cancellationToken) where T : class
    {
        using var response = await SendAsync(new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);
        return await ReadAsync<T>(response, cancellationToken);
    }

    public async Task<T> PostAsync<T>(string path, object body, CancellationToken cancellationToken) where T : class
    {
        using var content = new StringContent(JsonSerializer.Serialize(body, Json), Encoding.UTF8, RequestBody.Json);
        using var response = await SendAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = content }, cancellationToken);
        return await ReadAsync<T>(response, cancellationToken);
    }

    /// <summary>An answer of any length, as it comes.</summary>
    /// <returns>How many bytes there were.</returns>
    public async Task<long> CopyAsync(string path, Stream output, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(new HttpRequestMessage(HttpMethod.Get, path), cancellationToken);
        await ThrowUnlessDoneAsync(response, cancellationToken);
        var buffer = new byte[64 * 1024];
        var all = 0L;
        await using var input = await response.Content.ReadAsStreamAsync(cancellationToken);
        while (true)
        {
            int read;
            try
            {
                read = await input.ReadAsync(buffer, cancellationToken);
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                throw new CliException(ExitCode.Unreachable, "the host ended its answer in the middle, so what came is not all: ask again when its ledger is back.", e);
            }
            if (read == 0)
            {
                return all;
            }
            await output.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            all += read;
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new CliException(ExitCode.Unreachable, $"no host answers at {_http.BaseAddress}: {Terminal.Clean(e.Message)} Start one, or name it: --url {HostAddress.Default}", e);
        }
        finally
        {
            request.Dispose();
        }
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, CancellationToken cancellationToken) where T : class
    {
        await ThrowUnlessDoneAsync(response, cancellationToken);
        try
        {
            return await JsonSerializer.DeserializeAsync<T>(await response.Content.ReadAsStreamAsync(cancellationToken), Json, cancellationToken) ?? throw new JsonException("it is null");
        }
        catch (Exception e) when (e is JsonException or HttpRequestException or IOException)
        {
            throw new CliException(ExitCode.Failed, $"the answer is not that of a host of this version: {Terminal.Clean(e.Message)}", e);
        }
    }

    private static async Task ThrowUnlessDoneAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode)
        {
            return;
        }
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        string? detail = null;
        try
        {
            using var problem = JsonDocument.Parse(text);
            detail = problem.RootElement.TryGetProperty("detail", out var said) ? said.GetString() : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
        }
        var code = response.StatusCode switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity or HttpStatusCode.RequestEntityTooLarge => ExitCode.BadInput,
            HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout => ExitCode.Unreachable,
            _ => ExitCode.Failed,
        };
        var hint = response.StatusCode == HttpStatusCode.Unauthorized ? " It is read from CONSUMERS_API_KEY." : "";
        throw new CliException(code, $"{Terminal.Clean(detail ?? $"the host answered {(int)response.StatusCode}")}{hint}");
    }
}
