// BillOfMaterials.cs ASSETS VERSION: prints what one build of the plugin is made of, as CycloneDX 1.6.
//
// ASSETS is the project.assets.json that the restore of that build wrote. Listed are the packages whose code ends up in the executable and
// the packages of the runtime it carries; not the tools that built it. There is no time and no random serial number in it, so that the same
// build gives the same text.

#:property PublishAot=false

using System.Text.Json;
using System.Xml.Linq;

using var assets = JsonDocument.Parse(File.ReadAllBytes(args[0]));
var root = assets.RootElement;
var folders = root.GetProperty("packageFolders").EnumerateObject().Select(folder => folder.Name).ToList();

var linked = root.GetProperty("targets").EnumerateObject().Last().Value.EnumerateObject()
    .Where(package => package.Value.TryGetProperty("runtime", out var files) && files.EnumerateObject().Any(file => !file.Name.EndsWith("/_._", StringComparison.Ordinal)))
    .Select(package => package.Name.Split('/'))
    .Select(parts => (Name: parts[0], Version: parts[1]));
var carried = root.GetProperty("project").GetProperty("frameworks").EnumerateObject()
    .SelectMany(framework => framework.Value.GetProperty("downloadDependencies").EnumerateArray())
    .Select(pack => (Name: pack.GetProperty("name").GetString()!, Version: pack.GetProperty("version").GetString()!.Trim('[', ']').Split(',')[0]))
    .Where(pack => pack.Name.Contains(".App.Runtime.", StringComparison.Ordinal));

using var output = Console.OpenStandardOutput();
using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true });
json.WriteStartObject();
json.WriteString("bomFormat", "CycloneDX");
json.WriteString("specVersion", "1.6");
json.WriteNumber("version", 1);
json.WriteStartObject("metadata");
json.WriteStartObject("component");
json.WriteString("type", "application");
json.WriteString("name", "pulumi-resource-aliyun-live");
json.WriteString("version", args[1]);
WriteLicence(json, "Apache-2.0");
json.WriteEndObject();
json.WriteEndObject();
json.WriteStartArray("components");
foreach (var (name, version) in linked.Concat(carried).Distinct().OrderBy(package => package.Name, StringComparer.Ordinal))
{
    var folder = folders.Select(all => Path.Combine(all, name.ToLowerInvariant(), version)).First(Directory.Exists);
    json.WriteStartObject();
    json.WriteString("type", "library");
    json.WriteString("bom-ref", $"pkg:nuget/{name}@{version}");
    json.WriteString("name", name);
    json.WriteString("version", version);
    json.WriteStartArray("hashes");
    json.WriteStartObject();
    json.WriteString("alg", "SHA-512");
    var sum = File.ReadAllText(Directory.EnumerateFiles(folder, "*.nupkg.sha512").Single());
    json.WriteString("content", Convert.ToHexStringLower(Convert.FromBase64String(sum)));
    json.WriteEndObject();
    json.WriteEndArray();
    var licence = XDocument.Load(Directory.EnumerateFiles(folder, "*.nuspec").Single()).Descendants()
        .FirstOrDefault(element => element.Name.LocalName == "license" && (string?)element.Attribute("type") == "expression");
    if (licence is not null) WriteLicence(json, licence.Value);
    json.WriteString("purl", $"pkg:nuget/{name}@{version}");
    json.WriteEndObject();
}

json.WriteEndArray();
json.WriteEndObject();
json.Flush();
output.Write("\n"u8);

static void WriteLicence(Utf8JsonWriter json, string expression)
{
    json.WriteStartArray("licenses");
    json.WriteStartObject();
    json.WriteString("expression", expression);
    json.WriteEndObject();
    json.WriteEndArray();
}
