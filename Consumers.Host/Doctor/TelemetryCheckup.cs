using System.Net.Sockets;
using Consumers.Core;
using Consumers.Host.Telemetry;

namespace Consumers.Host.Doctor;

/// <summary>Whether something listens where traces and metrics are to be sent. Nothing is sent there.</summary>
internal sealed class TelemetryCheckup(IConfiguration configuration) : ICheckup
{
    private const string Variable = OtlpSignal.Endpoint;

    /// <summary>One that is no URL has stopped the start before.</summary>
    private readonly Uri? _endpoint = Uri.TryCreate(configuration[Variable], UriKind.Absolute, out var uri) ? uri : null;

    public string Area => "telemetry";

    public string Title => "Telemetry";

    public string Where => _endpoint is null ? "" : $"{_endpoint.Scheme}://{_endpoint.Host}:{_endpoint.Port}";

    public async Task LookAsync(Findings findings, bool deep, CancellationToken cancellationToken)
    {
        if (_endpoint is null)
        {
            findings.Off("connection", $"traces and metrics are sent nowhere ({Variable} is not set)");
            return;
        }
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(_endpoint.Host, _endpoint.Port, cancellationToken);
            findings.Ok("connection", "something listens there");
        }
        catch (SocketException e)
        {
            findings.Warn("connection", $"{e.Message}: traces and metrics are lost, consuming is not affected", $"start the collector, or {Variable}: where it is; empty switches it off");
        }
    }
}
