using System.Net.Sockets;
using System.Security.Authentication;
using Consumers.Core;
using RabbitMQ.Client.Exceptions;

namespace Consumers.Rabbit;

/// <summary>Why there is no working connection, in words for people.</summary>
/// <param name="IsRefused">It will not mend by itself: wrong credentials, no such vhost, a queue that differs.</param>
internal sealed record ConnectFailure(string Reason, string Advice, bool IsRefused)
{
    public const string Patience = "The host reconnects by itself.";

    public static ConnectFailure Of(Exception exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                case TopologyMismatchException mismatch:
                    return new(mismatch.Message, mismatch.Advice, IsRefused: true);
                case AuthenticationFailureException or PossibleAuthenticationFailureException:
                    return new("the broker refused the user name or password", "Check the user in Consumers:Rabbit:Url (RABBITMQ_URL); guest is allowed from the broker's own host only.", IsRefused: true);
                case OperationInterruptedException { ShutdownReason: { ReplyCode: 530 or 403 } reason }:
                    return new($"the broker refused: {Clean(reason.ReplyText)}", "Check the vhost in Consumers:Rabbit:Url and the user's permissions on it.", IsRefused: true);
                case OperationInterruptedException { ShutdownReason: { } reason }:
                    return new($"the broker closed it: {reason.ReplyCode} {Clean(reason.ReplyText)}", Patience, IsRefused: false);
                case AuthenticationException tls:
                    return new($"TLS failed: {Clean(tls.Message)}", "Check the broker's certificate, and that amqps:// and its port are meant in Consumers:Rabbit:Url (RABBITMQ_URL).", IsRefused: true);
                case SocketException socket:
                    return new(Clean(socket.Message), "Start the broker, or set Consumers:Rabbit:Url (RABBITMQ_URL) to where it is. " + Patience, IsRefused: false);
                case RabbitLostException lost:
                    return new(Clean(lost.Message), Patience, IsRefused: false);
            }
        }
        return new(Clean(exception.GetBaseException().Message), Patience, IsRefused: false);
    }

    private static string Clean(string text)
    {
        // The sentence that it is put into has an end of its own.
        var clean = TaskHeaders.CleanError(text).TrimEnd('.', ' ');
        return clean.Length <= 300 ? clean : clean[..300] + "…";
    }
}
