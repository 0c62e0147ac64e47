using Consumers.Rabbit;

namespace Consumers.Tests.Rabbit;

public sealed class RabbitOptionsTests
{
    [Fact]
    public void The_defaults_are_valid() => new RabbitOptionsValidator().Validate(null, new RabbitOptions()).Succeeded.ShouldBeTrue();

    [Fact]
    public void All_that_is_wrong_is_said_at_once_and_never_the_password()
    {
        var result = new RabbitOptionsValidator().Validate(null, new RabbitOptions { Url = "http://user:secret@host/", DeliveryLimit = 5, Lanes = -1, WorkQueue = "" });
        result.Failures!.Count().ShouldBe(4);
        result.FailureMessage!.ShouldContain("Consumers:Rabbit:DeliveryLimit is '5', but must be 11 to 1000000");
        result.FailureMessage!.ShouldNotContain("secret");
    }

    [Theory]
    [InlineData("amqp://u:p@h/", "amqp://u@h:5672/")]
    [InlineData("amqps://u:p@h:1/v", "amqps://u@h:1/v")]
    [InlineData("nonsense with p", "(not a URL)")]
    public void An_address_is_shown_without_its_password(string url, string shown) => BrokerAddress.Redact(url).ShouldBe(shown);
}
