using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using PulumiAliyunLive.Model;

namespace EngineHarness;

/// <summary>
/// The stack's state and secret configuration in a JSON file shaped like the engine's checkpoints. Secrets are stored encrypted with
/// AES-GCM under a key made from a passphrase; a secret that did not change keeps its ciphertext, so the file changes only with the stack.
/// </summary>
sealed class StateFile
{
    const int Iterations = 100_000;
    const int SaltBytes = 16;
    const int NonceBytes = 12;
    const int TagBytes = 16;
    static readonly JsonWriterOptions s_options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    readonly string _path;
    readonly byte[] _salt;
    readonly byte[] _key;
    readonly Dictionary<string, string> _ciphertexts = new(StringComparer.Ordinal);

    /// <summary>Opens a file, which need not exist yet, with the passphrase of <c>PULUMI_CONFIG_PASSPHRASE</c>.</summary>
    public StateFile(string path, string passphrase)
    {
        _path = path;
        using var document = File.Exists(path) ? JsonDocument.Parse(File.ReadAllText(path)) : null;
        _salt = document is null
            ? RandomNumberGenerator.GetBytes(SaltBytes)
            : Convert.FromBase64String(document.RootElement.GetProperty("salt").GetString()!);
        _key = Rfc2898DeriveBytes.Pbkdf2(passphrase, _salt, Iterations, HashAlgorithmName.SHA256, 32);
        if (document is null)
            return;
        var root = document.RootElement;
        foreach (var pair in root.GetProperty("config").EnumerateObject())
            Config[pair.Name] = ReadConfig(pair.Value);
        State = new(
            [.. root.GetProperty("resources").EnumerateArray().Select(ReadResource)],
            [.. root.GetProperty("pending_operations").EnumerateArray()
                .Select(item => new PendingOperation(Text(item, "resource"), Text(item, "type")))]);
    }

    public StackState State { get; private set; } = StackState.Empty;

    public Dictionary<string, ConfigValue> Config { get; } = new(StringComparer.Ordinal);

    /// <summary>Writes the state: a crash leaves either the old file or the new one.</summary>
    public void Save(StackState state)
    {
        State = state;
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, s_options))
        {
            writer.WriteStartObject();
            writer.WriteNumber("version", 3);
            writer.WriteString("salt", Convert.ToBase64String(_salt));
            writer.WriteStartObject("config");
            foreach (var (key, value) in Config)
            {
                writer.WritePropertyName(key);
                PropertyJson.Write(writer, value.Secret ? new SecretValue(value.Text) : value.Text, Encrypt);
            }
            writer.WriteEndObject();
            writer.WriteStartArray("resources");
            foreach (var resource in state.Resources)
                WriteResource(writer, resource);
            writer.WriteEndArray();
            writer.WriteStartArray("pending_operations");
            foreach (var operation in state.Pending)
            {
                writer.WriteStartObject();
                writer.WriteString("resource", operation.Urn);
                writer.WriteString("type", operation.Kind);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        if (Path.GetDirectoryName(Path.GetFullPath(_path)) is { } folder)
            Directory.CreateDirectory(folder);
        File.WriteAllBytes(_path + ".new", buffer.ToArray());
        File.Move(_path + ".new", _path, overwrite: true);
    }

    void WriteResource(Utf8JsonWriter writer, ResourceState resource)
    {
        writer.WriteStartObject();
        writer.WriteString("urn", resource.Urn);
        writer.WriteBoolean("custom", resource.Custom);
        writer.WriteString("type", resource.Type);
        if (resource.Id.Text is { Length: > 0 } id)
            writer.WriteString("id", id);
        WriteMap(writer, "inputs", resource.Inputs);
        WriteMap(writer, "outputs", resource.Outputs);
        if (resource.Provider.Length > 0)
            writer.WriteString("provider", resource.Provider);
        WriteFlag(writer, "external", resource.External);
        WriteFlag(writer, "protect", resource.Protect);
        WriteFlag(writer, "retainOnDelete", resource.RetainOnDelete);
        WriteFlag(writer, "delete", resource.Delete);
        WriteFlag(writer, "taint", resource.Taint);
        WriteFlag(writer, "refreshBeforeUpdate", resource.RefreshBeforeUpdate);
        WriteTexts(writer, "dependencies", resource.Dependencies);
        WriteTexts(writer, "initErrors", resource.InitErrors);
        WriteTexts(writer, "additionalSecretOutputs", resource.AdditionalSecretOutputs);
        WriteTexts(writer, "ignoreChanges", resource.IgnoreChanges);
        if (resource.ImportId.Length > 0)
            writer.WriteString("importID", resource.ImportId);
        writer.WriteStartObject("propertyDependencies");
        foreach (var (name, urns) in resource.PropertyDependencies)
            WriteTexts(writer, name, urns);
        writer.WriteEndObject();
        writer.WriteStartObject("customTimeouts");
        writer.WriteNumber("create", resource.Timeouts.Create);
        writer.WriteNumber("update", resource.Timeouts.Update);
        writer.WriteNumber("delete", resource.Timeouts.Delete);
        writer.WriteNumber("read", resource.Timeouts.Read);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    ResourceState ReadResource(JsonElement json)
    {
        var timeouts = json.GetProperty("customTimeouts");
        return new()
        {
            Urn = Text(json, "urn"),
            Custom = Flag(json, "custom"),
            Type = Text(json, "type"),
            Id = Text(json, "id"),
            Inputs = PropertyJson.Read(json.GetProperty("inputs"), Decrypt).Members,
            Outputs = PropertyJson.Read(json.GetProperty("outputs"), Decrypt).Members,
            Provider = Text(json, "provider"),
            External = Flag(json, "external"),
            Protect = Flag(json, "protect"),
            RetainOnDelete = Flag(json, "retainOnDelete"),
            Delete = Flag(json, "delete"),
            Taint = Flag(json, "taint"),
            RefreshBeforeUpdate = Flag(json, "refreshBeforeUpdate"),
            Dependencies = Texts(json, "dependencies"),
            InitErrors = Texts(json, "initErrors"),
            AdditionalSecretOutputs = Texts(json, "additionalSecretOutputs"),
            IgnoreChanges = Texts(json, "ignoreChanges"),
            ImportId = Text(json, "importID"),
            PropertyDependencies = json.GetProperty("propertyDependencies").EnumerateObject()
                .ToDictionary(pair => pair.Name, pair => Texts(pair.Value), StringComparer.Ordinal),
            Timeouts = new(
                timeouts.GetProperty("create").GetDouble(), timeouts.GetProperty("update").GetDouble(),
                timeouts.GetProperty("delete").GetDouble(), timeouts.GetProperty("read").GetDouble()),
        };
    }

    void WriteMap(Utf8JsonWriter writer, string name, PropertyMap map)
    {
        writer.WritePropertyName(name);
        PropertyJson.Write(writer, map, Encrypt);
    }

    ConfigValue ReadConfig(JsonElement json)
    {
        var value = PropertyJson.Read(json, Decrypt);
        return new(value.Text!, value.IsSecret);
    }

    string Encrypt(string text)
    {
        if (_ciphertexts.TryGetValue(text, out var known))
            return known;
        var plain = Encoding.UTF8.GetBytes(text);
        var sealedText = new byte[NonceBytes + plain.Length + TagBytes];
        var nonce = sealedText.AsSpan(0, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(_key, TagBytes);
        aes.Encrypt(nonce, plain, sealedText.AsSpan(NonceBytes, plain.Length), sealedText.AsSpan(NonceBytes + plain.Length));
        return _ciphertexts[text] = Convert.ToBase64String(sealedText);
    }

    string Decrypt(string ciphertext)
    {
        var bytes = Convert.FromBase64String(ciphertext);
        var plain = new byte[bytes.Length - NonceBytes - TagBytes];
        using var aes = new AesGcm(_key, TagBytes);
        try
        {
            aes.Decrypt(
                bytes.AsSpan(0, NonceBytes), bytes.AsSpan(NonceBytes, plain.Length), bytes.AsSpan(NonceBytes + plain.Length), plain);
        }
        catch (AuthenticationTagMismatchException error)
        {
            throw new InvalidOperationException(
                "incorrect passphrase: set PULUMI_CONFIG_PASSPHRASE to the one this state was written with", error);
        }
        var text = Encoding.UTF8.GetString(plain);
        _ciphertexts.TryAdd(text, ciphertext);
        return text;
    }

    static void WriteFlag(Utf8JsonWriter writer, string name, bool value)
    {
        if (value)
            writer.WriteBoolean(name, value);
    }

    static void WriteTexts(Utf8JsonWriter writer, string name, IReadOnlyList<string> texts)
    {
        writer.WriteStartArray(name);
        foreach (var text in texts)
            writer.WriteStringValue(text);
        writer.WriteEndArray();
    }

    static string Text(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? value.GetString()! : "";

    static bool Flag(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.GetBoolean();

    static IReadOnlyList<string> Texts(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? Texts(value) : [];

    static IReadOnlyList<string> Texts(JsonElement list) => [.. list.EnumerateArray().Select(item => item.GetString()!)];
}
