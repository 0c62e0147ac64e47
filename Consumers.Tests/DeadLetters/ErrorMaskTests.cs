using System.Diagnostics;
using Consumers.Core;

namespace Consumers.Tests.DeadLetters;

public sealed class ErrorMaskTests
{
    [Theory]
    [InlineData("SmtpException: mailbox unavailable", "SmtpException: mailbox unavailable")]
    [InlineData("Win32Exception: error 10061 of 3", "Win32Exception: error # of #")]
    [InlineData("order 4711 not found", "order # not found")]
    [InlineData("order-4711 not found", "order-# not found")]
    [InlineData("customer 0199f0c2-1111-7222-8333-444455556666 is unknown", "customer <id> is unknown")]
    [InlineData("customer 0199F0C21111722283334444 is unknown", "customer <id> is unknown")]
    [InlineData("at 0x7ffe1234", "at <id>")]
    [InlineData("token aB3dE9fK2mP7qR5t rejected", "token <id> rejected")]
    [InlineData("mail to anna.b+c@example.com refused", "mail to <email> refused")]
    [InlineData("no connection to 10.0.3.17:5432", "no connection to <address>")]
    [InlineData("no connection to smtp-3.example.com:587, tried 5 times", "no connection to <address>, tried # times")]
    [InlineData("no connection to [fe80::1], gone", "no connection to [<address>], gone")]
    [InlineData("GET https://example.com/a/17?q=1 said 503", "GET <url> said #")]
    [InlineData("column 'Name' of \"Customers\" is null", "column '…' of '…' is null")]
    [InlineData("can't open it, won't try", "can't open it, won't try")]
    [InlineData("no such file /var/spool/mail/17/abc9.eml", "no such file /var/spool/mail/*/*")]
    [InlineData("timed out after 00:00:05.250", "timed out after #")]
    [InlineData("id=17, name=anna", "id=#, name=anna")]
    [InlineData("a\u0000b\tc\r\n  d", "a b c d")]
    [InlineData("", "")]
    public void What_differs_from_task_to_task_is_masked(string error, string masked) => ErrorMask.Mask(error).ShouldBe(masked);

    [Fact]
    public void Hostile_errors_cost_bounded_time()
    {
        string[] hostile =
        [
            new('a', 5_000_000), new('\'', 1_000_000), string.Concat(Enumerable.Repeat("'x ", 300_000)), new('=', 1_000_000), string.Concat(Enumerable.Repeat("a=", 500_000)),
            string.Concat(Enumerable.Repeat("[", 500_000)), new('1', 1_000_000), string.Concat(Enumerable.Repeat("1a", 500_000)), string.Concat(Enumerable.Repeat("/a1", 300_000)),
            string.Concat(Enumerable.Repeat("::", 500_000)), new('\uD800', 500_000), new('\u0001', 500_000), "Exception: " + new string('@', 500_000), "(a+)+$" + new string('a', 500_000),
        ];
        // Once for what is compiled on the way.
        hostile.ShouldAllBe(error => ErrorMask.Mask(error).Length <= ErrorMask.MaxInput * 8);
        var since = Stopwatch.GetTimestamp();

        foreach (var error in hostile)
        {
            for (var i = 0; i < 100; i++)
            {
                ErrorMask.Mask(error);
            }
        }

        // 1,400 of them. A regular expression that backtracks would not come back from one; the bound is for a machine with no time.
        Stopwatch.GetElapsedTime(since).ShouldBeLessThan(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void Every_character_of_unicode_can_stand_in_an_error()
    {
        for (var c = 0; c <= char.MaxValue; c++)
        {
            System.Text.Encoding.UTF8.GetByteCount(ErrorMask.Mask($"a {(char)c} {(char)c}{(char)c}b")).ShouldBeLessThan(100);
        }
    }
}
