using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Consumers.Host.Hosting;
using Consumers.Tests.Fixtures;
using Microsoft.AspNetCore.Builder;

namespace Consumers.Tests.Host;

/// <summary>The whole host on a real socket in this process: embedded transport, a ledger of its own.</summary>
public sealed class HostUnderTest : IAsyncDisposable
{
    private readonly TempFolder _folder;
    private readonly WebApplication _app;

    private HostUnderTest(TempFolder folder, WebApplication app)
    {
        (_folder, _app) = (folder, app);
        Address = new Uri(app.Urls.First());
        Http = Client();
    }

    public Uri Address { get; }

    /// <summary>Follows no redirect and keeps no cookie.</summary>
    public HttpClient Http { get; }

    public IServiceProvider Services => _app.Services;

    public string Folder => _folder.Path;

    public static async Task<HostUnderTest> StartAsync(params (string Name, string Value)[] settings)
    {
        var folder = new TempFolder();
        var all = new Dictionary<string, string?>
        {
            ["RABBITMQ_URL"] = "embedded",
            ["Consumers:Kafka:Enabled"] = "false",
            ["CONSUMERS_API_KEY"] = "",
            ["REDIS_URL"] = "",
            ["Consumers:Ledger:Path"] = folder.File("ledger.db"),
            ["Consumers:Email:PickupFolder"] = folder.File("outbox"),
            ["Consumers:Retry:Base"] = "00:00:00.050",
            ["Logging:LogLevel:Default"] = "None",
            ["Logging:LogLevel:Microsoft.Extensions.Hosting.Internal.Host"] = "None",
        };
        foreach (var (name, value) in settings)
        {
            all[name] = value;
        }
        var app = ConsumersHost.Create(new RunSettings { Urls = "http://127.0.0.1:0", InstanceName = $"t-{Guid.NewGuid():N}"[..20], Settings = all });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new HostUnderTest(folder, app);
    }

    public HttpClient Client(bool cookies = false) => new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = cookies }) { BaseAddress = Address };

    public Task<HttpResponseMessage> PostAsync(string path, string json, string mediaType = "application/json") =>
        Http.PostAsync(new Uri(path, UriKind.Relative), new StringContent(json, Encoding.UTF8, mediaType), TestContext.Current.CancellationToken);

    public Task<HttpResponseMessage> GetAsync(string path) => Http.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);

    public async Task<JsonElement> JsonAsync(string path) => await JsonOf(await GetAsync(path));

    public static async Task<JsonElement> JsonOf(HttpResponseMessage response) =>
        await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);

    public Task WaitForAsync(string id, string status) => Eventually.TrueAsync(
        async () => (await GetAsync($"/api/rabbit/tasks/{id}")) is { IsSuccessStatusCode: true } found && (await JsonOf(found)).GetProperty("status").GetString() == status,
        $"task {id} is {status}");

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
        _folder.Dispose();
    }
}

/// <summary>One host for the tests of a class.</summary>
public sealed class SharedHost : IAsyncLifetime
{
    public HostUnderTest Host { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Host = await HostUnderTest.StartAsync();

    public ValueTask DisposeAsync() => Host.DisposeAsync();
}
