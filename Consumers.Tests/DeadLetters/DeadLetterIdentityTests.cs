using System.Text;
using Consumers.Core;

namespace Consumers.Tests.DeadLetters;

public sealed class DeadLetterIdentityTests
{
    [Fact]
    public void The_same_message_is_the_same_whenever_it_is_delivered() => Of("body", "m1", [("x-dead-id", "a")]).ShouldBe(Of("body", "m1", [("x-dead-id", "a")]));

    [Fact]
    public void A_mark_that_was_stolen_from_another_message_is_not_its_identity() => Of("other", "m1", [("x-dead-id", "a")]).ShouldNotBe(Of("body", "m1", [("x-dead-id", "a")]));

    [Fact]
    public void Two_messages_of_one_body_are_two_when_they_were_marked() => Of("body", null, [("x-dead-id", "a")]).ShouldNotBe(Of("body", null, [("x-dead-id", "b")]));

    [Fact]
    public void Without_a_mark_all_that_is_known_of_it_tells()
    {
        string[] identities =
        [
            Of("body", null, []), Of("body", "m1", []), Of("body2", null, []), Of("body", null, [("a", "b")]), Of("body", null, [("a", "")]), Of("body", null, [], "expired|q|1|5"),
            Of("body", null, [("x-dead-id", "not a mark: it has spaces")]),
        ];

        identities.ShouldBeUnique();
        Of("body", null, [("a", "1"), ("b", "2")]).ShouldBe(Of("body", null, [("b", "2"), ("a", "1")]));
    }

    [Fact]
    public void No_parts_run_into_each_other() => Of("", "ab", [("c", "")]).ShouldNotBe(Of("", "a", [("bc", "")]));

    [Fact]
    public void A_mark_of_any_length_makes_no_long_identity() => Of("body", null, [("x-dead-id", new string('a', 128))]).Length.ShouldBeLessThan(400);

    private static string Of(string body, string? messageId, (string Name, string Value)[] headers, string? occasion = null) =>
        DeadLetterIdentity.Of(Encoding.UTF8.GetBytes(body), messageId, [.. headers.Select(header => new KeyValuePair<string, string>(header.Name, header.Value))], occasion);
}
