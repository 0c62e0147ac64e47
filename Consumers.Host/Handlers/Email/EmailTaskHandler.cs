using Consumers.Core;
using Microsoft.Extensions.Options;

namespace Consumers.Host.Handlers.Email;

/// <summary>Sends <c>{"to","subject","body","from"?}</c>. Replies 4xx and a server that is away are retried, 5xx are permanent.</summary>
internal sealed class EmailTaskHandler(IMailSender sender, IOptions<EmailOptions> options) : TaskHandler<EmailPayload>
{
    public const string Type = "email";

    public override string TaskType => Type;

    protected override async ValueTask<TaskOutcome> HandleAsync(EmailPayload payload, TaskContext context, CancellationToken cancellationToken)
    {
        var (mail, problem) = Mail.Create(payload, options.Value.From, context.IdempotencyKey);
        if (mail is null)
        {
            return TaskOutcome.PermanentFailure(problem!);
        }
        try
        {
            await sender.SendAsync(mail, cancellationToken);
            return TaskOutcome.Success();
        }
        catch (MailRefusedException e)
        {
            return e.IsPermanent ? TaskOutcome.PermanentFailure(e.Message) : TaskOutcome.RetryableFailure(e.Message);
        }
    }
}
