global using Consumers.Host.Verify;
global using Shouldly;
global using Xunit;
