using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Consumers.Core;
using Consumers.Host.Hosting;

namespace Consumers.Host.Doctor;

/// <summary>Whether the host could listen where it should, who is there if not, and who could reach it.</summary>
internal sealed class ListeningCheckup(IConfiguration configuration, InstanceIdentity self) : ICheckup
{
    /// <summary>A key that is sent in every request should not be guessed.</summary>
    private const int ShortKey = 16;

    private readonly IReadOnlyList<string> _addresses = ListenAddresses.From(configuration);

    public string Area => "host";

    public string Title => "Host";

    public string Where => string.Join(' ', _addresses);

    public async Task LookAsync(Findings findings, bool deep, CancellationToken cancellationToken)
    {
        CheckKey(findings);
        var taken = new List<(BindingAddress Address, string? Instance)>();
        foreach (var address in _addresses.Select(BindingAddress.Parse).Where(address => !address.IsUnixPipe && !address.IsNamedPipe && address.Port != 0))
        {
            if (!IsFree(address))
            {
                taken.Add((address, await InstanceAtAsync(address, cancellationToken)));
            }
        }
        if (taken.Count == 0)
        {
            findings.Ok("port", "the port is free");
            return;
        }
        var (first, instance) = taken[0];
        var mend = $"start beside it: consumers run --id consumer-2 --urls {first.Scheme}://{first.Host}:{first.Port + 1}";
        var owner = PortOwner.Find(first.Port);
        if (instance == self.Name)
        {
            findings.Ok("port", $"'{instance}' runs here");
        }
        else if (instance is not null)
        {
            findings.Warn("port", $"port {first.Port} is taken by instance '{instance}'{(owner is null ? "" : $", {owner}")}: a second one needs a port of its own", mend);
        }
        else
        {
            findings.Fail("port", $"port {first.Port} is taken by {owner ?? "a process of another user or machine"}: the host cannot listen", mend);
        }
    }

    private void CheckKey(Findings findings)
    {
        var key = configuration["CONSUMERS_API_KEY"] ?? "";
        var open = _addresses.Where(address => !ListenAddresses.IsLoopback(BindingAddress.Parse(address))).ToArray();
        if (open.Length == 0)
        {
            findings.Ok("api-key", key.Length > 0 ? "a key is asked for" : "loopback only, no key needed");
        }
        else if (key.Length < ShortKey)
        {
            findings.Warn("api-key", $"{open[0]} can be reached from other machines, and CONSUMERS_API_KEY has fewer than {ShortKey} characters", "CONSUMERS_API_KEY=$(openssl rand -hex 32)");
        }
        else if (open.FirstOrDefault(address => address.StartsWith("http://", StringComparison.OrdinalIgnoreCase)) is { } plain)
        {
            findings.Warn("api-key", $"{plain} can be reached from other machines without TLS: the key and all payloads can be read on the way", "an https:// address with a certificate, or a proxy that ends TLS in front of a loopback address");
        }
        else
        {
            findings.Ok("api-key", "a key is asked for");
        }
    }

    /// <summary>Takes the port for a moment without listening on it: nobody can connect to that.</summary>
    private static bool IsFree(BindingAddress address)
    {
        var ip = IPAddress.TryParse(address.Host.Trim('[', ']'), out var parsed) ? parsed : ListenAddresses.IsLoopback(address) ? IPAddress.Loopback : IPAddress.Any;
        try
        {
            using var socket = new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(ip, address.Port));
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return false;
        }
    }

    /// <summary>Null when what listens there is no host of a fleet.</summary>
    private static async Task<string?> InstanceAtAsync(BindingAddress address, CancellationToken cancellationToken)
    {
        var host = IPAddress.TryParse(address.Host.Trim('[', ']'), out var ip) && !ip.Equals(IPAddress.Any) && !ip.Equals(IPAddress.IPv6Any) ? address.Host : "127.0.0.1";
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(2), MaxResponseContentBufferSize = 64 * 1024 };
        try
        {
            using var answer = JsonDocument.Parse(await http.GetStringAsync(new Uri($"{address.Scheme}://{host}:{address.Port}/health/live"), cancellationToken));
            return answer.RootElement.GetProperty("instance").GetString() is { } name && InstanceIdentity.IsValid(name) ? name : null;
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or KeyNotFoundException or InvalidOperationException || (e is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }
}
