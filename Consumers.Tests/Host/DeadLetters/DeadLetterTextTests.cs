using System.Text;
using Consumers.Core;
using Consumers.Host.DeadLetters;
using Consumers.Host.Texts;

namespace Consumers.Tests.Host.DeadLetters;

/// <summary>What is typed and what is shown, without a host.</summary>
public sealed class DeadLetterTextTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    public static TheoryData<string, DeadLetterFilter> Filters => new()
    {
        { "", new() },
        { "type:email reason:exhausted", new(Type: "email", Reason: "exhausted") },
        { "  module:rabbit\tcause:ab12  state:replayed ", new(Module: "rabbit", Cause: "ab12", State: DeadLetterState.Replayed) },
        { "since:1h", new(From: Now.AddHours(-1)) },
        { "since:90s", new(From: Now.AddSeconds(-90)) },
        { "from:2026-11-20T06:30:00Z to:2026-11-21", new(From: new(2026, 11, 20, 6, 30, 0, TimeSpan.Zero), To: new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero)) },
        { "mailbox unavailable type:email", new(Type: "email", Text: "mailbox unavailable") },
        { "\"SmtpException: mailbox\"", new(Text: "SmtpException: mailbox") },
        { "text:\"a \\\"b\\\" c:d\"", new(Text: "a \"b\" c:d") },
        { "reason:broker", new(Reason: "broker") },
    };

    [Theory]
    [MemberData(nameof(Filters))]
    public void A_filter_is_read_as_it_is_typed_and_written_so_that_it_is_read_again(string text, DeadLetterFilter filter)
    {
        var (read, error) = FilterText.Parse(text, Now);

        error.ShouldBeNull();
        read.ShouldBe(filter);
        FilterText.Parse(FilterText.Of(filter), Now).Filter.ShouldBe(filter);
    }

    [Theory]
    [InlineData("typ:email", "'typ:' is not a part of a filter. Did you mean 'type'?")]
    [InlineData("SmtpException: mailbox", "To look for it as text, put it in double quotes.")]
    [InlineData("reason:exausted", "'exausted' is not a reason. Did you mean 'exhausted'?")]
    [InlineData("state:gone", "A state is one of dead, replayed, discarded.")]
    [InlineData("since:soon", "'since:soon' is not a time. Say how long ago: since:90s")]
    [InlineData("since:99999999999d", "is not a time")]
    [InlineData("since:999999d", "is not a time")]
    [InlineData("from:yesterday", "'from:yesterday' is not a time. Say when, in UTC: from:2026-11-20")]
    [InlineData("type:", "'type:' says nothing behind the colon")]
    [InlineData("type:a type:b", "'type:' is there twice")]
    [InlineData("since:1h from:2026-11-20", "is there twice, or with both since: and from:")]
    public void A_bad_part_of_a_filter_is_one_clear_error(string text, string error)
    {
        var (filter, said) = FilterText.Parse(text, Now);

        filter.ShouldBeNull();
        said!.ShouldContain(error);
    }

    [Theory]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+1", "'+1")]
    [InlineData("-1", "'-1")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("  =1", "  '=1")]
    [InlineData("\"=1", "\"\"'=1")]
    [InlineData("a;=cmd|' /C calc'!A0", "a;'=cmd|' /C calc'!A0")]
    [InlineData("＝1", "'＝1")]
    [InlineData("\t=1", "\\u0009=1")]
    [InlineData("a\r\nb", "a\\u000D\\u000Ab")]
    [InlineData("a-b=c", "a-b=c")]
    [InlineData("say \"hi\", you", "say \"\"hi\"\", you")]
    public void No_cell_of_a_csv_is_a_formula(string cell, string written) => CsvLine.Of(cell).ShouldBe($"\"{written}\"\r\n");

    [Theory]
    [InlineData("{\"type\":\"a\",\"id\":\"b\"}", null, null)]
    [InlineData("{\"type\":\"a\"", "not JSON", 10)]
    [InlineData("{\n \"type\": a}", "line 2, byte 10", 11)]
    [InlineData("", "not JSON", 0)]
    [InlineData("[]", "", null)]
    public void What_is_no_task_is_shown_with_the_place_that_is_wrong(string body, string? fault, int? at)
    {
        var view = BodyView.Of(DeadLetterHost.Utf8(body));

        (view.Fault is null).ShouldBe(fault is null);
        view.Fault?.ShouldContain(fault!);
        view.FaultAt.ShouldBe(at);
    }

    [Fact]
    public void The_first_byte_that_is_no_text_is_named_and_marked()
    {
        byte[] body = [.. Encoding.ASCII.GetBytes(new string('a', 5000)), 0xC3, 0x28, .. Encoding.ASCII.GetBytes("tail")];

        var view = BodyView.Of(body);

        view.FaultAt.ShouldBe(5000);
        view.Json.ShouldBeNull();
        view.Hex.Single(row => row.IsMarked).ToString().ShouldBe("00001380  61 61 61 61 61 61 61 61  c3 28 74 61 69 6c        |aaaaaaaa.(tail|");
    }

    [Fact]
    public void A_difference_shows_what_changed_and_a_little_around_it()
    {
        var before = string.Join('\n', Enumerable.Range(0, 30).Select(i => $"line {i}"));

        var lines = LineDiff.Of(before, before.Replace("line 15\n", "line fifteen\nline and a half\n", StringComparison.Ordinal));

        lines.Select(line => $"{line.Kind}:{line.Text}").ShouldBe(
        [
            "Skipped:12 lines as before", "Same:line 12", "Same:line 13", "Same:line 14", "Removed:line 15", "Added:line fifteen", "Added:line and a half",
            "Same:line 16", "Same:line 17", "Same:line 18", "Skipped:11 lines as before",
        ]);
        LineDiff.Of(before, before).ShouldNotContain(line => line.IsChange);
    }

    [Theory]
    [InlineData("a\u001b[31mb", "a\\u001B[31mb")]
    [InlineData("a\u202Eb\u2066c\u061Cd", "a\\u202Eb\\u2066c\\u061Cd")]
    [InlineData("a\0b\u009Bc", "a\\u0000b\\u009Bc")]
    [InlineData("whole 😀", "whole 😀")]
    [InlineData("line\nbreak", "line\\u000Abreak")]
    public void What_cannot_be_seen_is_shown_as_its_escape(string text, string shown) => VisibleText.Line(text).ShouldBe(shown);

    /// <summary>Not as data of a theory: an attribute cannot hold half a pair.</summary>
    [Fact]
    public void Half_a_pair_is_shown_as_its_escape_and_a_cut_keeps_pairs_whole()
    {
        VisibleText.Line("half \ud83d of it").ShouldBe("half \\uD83D of it");
        VisibleText.Line("ab😀cd", 3).ShouldBe("ab…");
    }
}
