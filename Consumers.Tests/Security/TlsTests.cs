using System.Security.Cryptography.X509Certificates;
using Consumers.Tests.Fixtures;

namespace Consumers.Tests.Security;

/// <summary>The three clients, each against a peer whose certificate is not to be trusted; and against one that is, or the others prove nothing.</summary>
public sealed class TlsTests
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    [Theory]
    [InlineData("of the trusted authority", true)]
    [InlineData("of another authority", false)]
    [InlineData("for another name", false)]
    [InlineData("of yesterday", false)]
    public async Task Only_a_certificate_that_can_be_trusted_is_told_anything(string certificate, bool isTrusted)
    {
        using var folder = new TempFolder();
        using var authority = TlsPeer.Authority("trusted", Now);
        using var other = TlsPeer.Authority("other", Now);
        await File.WriteAllTextAsync(folder.File("ca.pem"), authority.ExportCertificatePem(), TestContext.Current.CancellationToken);
        TlsPeer Peer()
        {
            X509Certificate2 issued = certificate switch
            {
                "of another authority" => TlsPeer.Issue(other, "localhost", Now.AddDays(-2), Now.AddDays(2)),
                "for another name" => TlsPeer.Issue(authority, "other.example", Now.AddDays(-2), Now.AddDays(2)),
                "of yesterday" => TlsPeer.Issue(authority, "localhost", Now.AddDays(-3), Now.AddDays(-1)),
                _ => TlsPeer.Issue(authority, "localhost", Now.AddDays(-2), Now.AddDays(2)),
            };
            return new TlsPeer(issued);
        }
        using TlsPeer amqp = Peer(), redis = Peer(), kafka = Peer();
        KeyValuePair<string, string>[] settings =
        [
            new("SSL_CERT_FILE", folder.File("ca.pem")), new("RABBITMQ_URL", $"amqps://u:canary@localhost:{amqp.Port}/"), new("REDIS_URL", $"rediss://:canary@localhost:{redis.Port}"),
            new("KAFKA_BOOTSTRAP_SERVERS", $"localhost:{kafka.Port}"), new("Consumers__Kafka__Client__security.protocol", "ssl"), new("Consumers__Kafka__Client__ssl.ca.location", folder.File("ca.pem")),
        ];

        var (exitCode, output, error) = await HostProcess.RunAsync(["doctor", "--modules", "rabbit,kafka", "--json"], settings, folder);

        exitCode.ShouldNotBe(0, "nobody there speaks anything but TLS");
        (string Name, TlsPeer Peer)[] peers = [("RabbitMQ", amqp), ("Redis", redis), ("Kafka", kafka)];
        peers.ShouldAllBe(of => of.Peer.Asked > 0, $"each client was there: {output}{error}");
        peers.Where(of => of.Peer.Trusted > 0).Select(of => of.Name).ShouldBe(isTrusted ? peers.Select(of => of.Name) : [], $"what was trusted, with a certificate {certificate}\n{output}{error}");
        (output + error).ShouldNotContain("canary");
    }
}
