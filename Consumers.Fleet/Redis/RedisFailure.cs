using System.Net.Sockets;
using Consumers.Core;
using StackExchange.Redis;

namespace Consumers.Fleet;

/// <summary>Why Redis cannot be used now, in words for people.</summary>
/// <param name="IsAway">It does not answer; otherwise it did, and refused.</param>
internal sealed record RedisFailure(string Reason, string Advice, bool IsAway = false)
{
    public const string Patience = "The host reconnects by itself.";

    public static RedisFailure Of(Exception exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            if (e is SocketException socket)
            {
                return new(Clean(socket.Message), "Start Redis, or set Consumers:Fleet:Redis:Url (REDIS_URL) to where it is. " + Patience, IsAway: true);
            }
        }
        var message = exception.GetBaseException().Message;
        return exception switch
        {
            TimeoutException => new("it did not answer in time", $"It is frozen, overloaded, or behind a slow network. {Patience}", IsAway: true),
            _ when Says(message, "NOAUTH") || Says(message, "WRONGPASS") || Says(message, "invalid password") || Says(message, "AuthenticationFailure") =>
                new("it refused the password", "Check the user and the password in Consumers:Fleet:Redis:Url (REDIS_URL)."),
            _ when Says(message, "NOPERM") => new($"it does not permit a command: {Clean(message)}", "Give the user in REDIS_URL the right to run scripts on the keys stats:*, task:* and fleet:*."),
            _ when Says(message, "OOM ") => new("its memory is full", "Raise maxmemory, or remove what does not belong there."),
            _ when Says(message, "READONLY") => new("it is a read-only replica", "Set Consumers:Fleet:Redis:Url (REDIS_URL) to the primary."),
            _ when Says(message, "MISCONF") => new("it cannot write its snapshot to disk, and so takes no writes", "See its log: the disk is full or not writable."),
            _ when Says(message, "LOADING") => new("it is still loading its data", Patience),
            RedisServerException => new($"it answered with an error: {Clean(message)}", Patience),
            _ => new("no connection", "Start Redis, or set Consumers:Fleet:Redis:Url (REDIS_URL) to where it is. " + Patience, IsAway: true),
        };
    }

    private static bool Says(string message, string word) => message.Contains(word, StringComparison.OrdinalIgnoreCase);

    private static string Clean(string text)
    {
        var clean = TaskHeaders.CleanError(text).TrimEnd('.', ' ');
        return clean.Length <= 300 ? clean : clean[..300] + "…";
    }
}
