namespace Consumers.Host.Verify;

/// <summary>The run could not be made, so nothing is known; the message says why, and is fit for people.</summary>
internal sealed class VerifyAbortedException(string message, Exception? inner = null) : Exception(message, inner);
