using System.Text.Json;

namespace Consumers.Core;

/// <summary>
/// The members of a body that are not ours. They are kept, each as a document of its own, which costs a hundred times what reading costs; so there is an end to them,
/// and what has more is refused at the one too many, not after all of them were made.
/// </summary>
internal sealed class UnknownMembers : Dictionary<string, JsonElement>, IDictionary<string, JsonElement>
{
    // The serializer adds through the interface.
    void IDictionary<string, JsonElement>.Add(string key, JsonElement value)
    {
        Check();
        Add(key, value);
    }

    JsonElement IDictionary<string, JsonElement>.this[string key]
    {
        get => this[key];
        set
        {
            Check();
            this[key] = value;
        }
    }

    private void Check()
    {
        if (Count == TaskMessageCodec.MaxUnknownMembers)
        {
            throw new JsonException($"more than {TaskMessageCodec.MaxUnknownMembers} members that a task does not have");
        }
    }
}
