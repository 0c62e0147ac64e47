using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Consumers.Host.Monitoring;

/// <summary>Where the pages of this instance are; null until the server listens.</summary>
internal sealed class ListeningUrl(IServer server)
{
    public string? Value => server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault();
}
