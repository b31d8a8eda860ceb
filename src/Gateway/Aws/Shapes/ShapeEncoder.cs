using System.Collections;
using System.Text;

namespace Broker.Gateway.Aws.Shapes;

/// <summary>Writes an object of a shape; members that are null are left out.</summary>
internal static class ShapeEncoder
{
    public static void Encode(ShapeWriter writer, Shape shape, object value)
    {
        switch (shape.Kind)
        {
            case ShapeKind.String:
                writer.WriteString((string)value);
                break;
            case ShapeKind.Integer:
                writer.WriteInteger((int)value);
                break;
            case ShapeKind.Long:
                writer.WriteInteger((long)value);
                break;
            case ShapeKind.Boolean:
                writer.WriteBoolean((bool)value);
                break;
            case ShapeKind.Timestamp:
                writer.WriteTimestamp(((DateTimeOffset)value).ToUnixTimeMilliseconds());
                break;
            case ShapeKind.List:
                writer.BeginList();
                foreach (var element in (IEnumerable)value)
                {
                    Encode(writer, shape.Element!, element);
                }

                writer.EndList();
                break;
            case ShapeKind.Map:
                writer.BeginMap();
                foreach (var (key, text) in (Dictionary<string, string>)value)
                {
                    writer.WriteKey(Encoding.UTF8.GetBytes(key));
                    writer.WriteString(text);
                }

                writer.EndMap();
                break;
            default:
                writer.BeginMap();
                foreach (var member in shape.Members)
                {
                    if (member.Get(value) is { } content)
                    {
                        writer.WriteKey(member.EncodedName);
                        Encode(writer, member.Shape, content);
                    }
                }

                writer.EndMap();
                break;
        }
    }
}
