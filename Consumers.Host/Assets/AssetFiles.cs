using System.Collections.Frozen;
using System.Security.Cryptography;

namespace Consumers.Host.Assets;

/// <summary>The dashboard's own files, embedded in the assembly: they are there however the host is started, packed or tested.</summary>
internal static class AssetFiles
{
    private const string Css = "text/css; charset=utf-8";
    private const string Script = "text/javascript; charset=utf-8";

    private static readonly FrozenDictionary<string, Asset> All = new[]
    {
        Load("site.css", Css),
        Load("dark.css", Css),
        Load("live.js", Script),
        Load("charts.js", Script),
        Load("icon.svg", "image/svg+xml"),
        // These come from npm, and are not there when the build had none.
        TryLoad("uplot.js", Script),
        TryLoad("uplot.css", Css),
        TryLoad("uplot.license.txt", "text/plain; charset=utf-8"),
    }.OfType<Asset>().ToFrozenDictionary(asset => asset.Name, StringComparer.Ordinal);

    /// <summary>Whether charts can be drawn in the browser; else they are drawn here.</summary>
    public static bool HasCharts => All.ContainsKey("uplot.js");

    /// <summary>The address with the content's hash in it, so that browsers may keep the file.</summary>
    public static string Url(string name) => $"/assets/{name}?v={All[name].Version}";

    public static void MapAssets(this WebApplication app) =>
        app.MapGet("/assets/{name}", Get).AllowAnonymous().ExcludeFromDescription();

    private static IResult Get(string name, HttpContext context)
    {
        if (!All.TryGetValue(name, out var asset))
        {
            return Results.NotFound();
        }
        context.Response.Headers.CacheControl = context.Request.Query["v"] == asset.Version ? "public, max-age=31536000, immutable" : "no-cache, max-age=0";
        return Results.Bytes(asset.Content, asset.ContentType, entityTag: new($"\"{asset.Version}\""));
    }

    private static Asset Load(string name, string contentType) =>
        TryLoad(name, contentType) ?? throw new InvalidOperationException($"The asset {name} is not embedded in this assembly.");

    private static Asset? TryLoad(string name, string contentType)
    {
        using var stream = typeof(AssetFiles).Assembly.GetManifestResourceStream($"Consumers.Host.Assets.{name}");
        if (stream is null)
        {
            return null;
        }
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return new Asset(name, contentType, content, Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 6)));
    }

    private sealed record Asset(string Name, string ContentType, byte[] Content, string Version);
}
